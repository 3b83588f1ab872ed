// The policy studio: form, text, findings and sentences keep up with each other while somebody writes.
// Loaded after app.js and editor.js in the same file, on the studio's page only.

// The only markup that scripts read: whole pages of this portal, sent to it by fetch. Scripts in them never run.
const pages = window.trustedTypes?.createPolicy('portal', { createHTML: page => page });
const read = page => new DOMParser().parseFromString(pages ? pages.createHTML(page) : page, 'text/html');

// The studio: what is written on one side is sent to the server, as the Check button would, and the parts of the
// page that follow from it (data-live) are drawn anew. Without an answer everything stays as it is.
const studio = root => {
  const form = root.closest('form');
  const area = root.querySelector('textarea[data-editor]');
  const status = document.getElementById(root.dataset.studio);
  const say = words => { if (status.textContent !== words) status.textContent = words; };
  let turn = 0;
  let timer;

  // What stands where an element stood before everything was drawn anew. Buttons and links have no id.
  const marks = ['name', 'value', 'formaction', 'href', 'data-line', 'data-column'];
  const counterpart = e => e.id ? document.getElementById(e.id) : all(e.localName, form).find(now =>
    marks.every(m => now.getAttribute(m) === e.getAttribute(m)) && now.closest('details')?.id === e.closest('details')?.id);

  // Draws the answer; what has the focus keeps it, with what is in it, in its place on the screen.
  const draw = (page, button) => {
    const target = button && (button.getAttribute('formaction')?.split('#')[1] ?? button.closest('[data-live]')?.id);
    const was = document.activeElement;
    const kept = was && form.contains(was) && was !== area ? was : null;
    const [height, from, to] = kept ? [kept.getBoundingClientRect().top, kept.selectionStart, kept.selectionEnd] : [];
    const later = all('[data-later]', form).filter(e => e.value && !e.parentElement.contains(button));
    const open = all('[data-live] details[id][open]').map(d => d.id);
    for (const part of all('[data-live]')) {
      const fresh = page.getElementById(part.id);
      if (!part.isEqualNode(fresh)) part.replaceChildren(...fresh.childNodes);
    }
    for (const id of open) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    for (const e of later) {
      const again = document.getElementById(e.id);
      if (again) again.value = e.value;
    }
    const text = page.getElementById(area.id).value;
    if (text !== area.value) area.value = text;
    area.dispatchEvent(new Event('drawn'));
    const said = page.getElementById(status.id);
    status.className = said.className;
    say(said.textContent);
    const row = target && document.getElementById(target);
    if (row) {
      (row.matches('input, select, textarea, button, a') ? row : row.querySelector('input:not([type=hidden]), select, textarea') ?? row).focus();
      row.scrollIntoView({ block: 'nearest' });
      return;
    }
    const now = kept && (kept.isConnected ? kept : counterpart(kept));
    if (!now || now === kept) return;
    if ('value' in kept && !/radio|checkbox/.test(kept.type)) now.value = kept.value;
    now.focus({ preventScroll: true });
    if (from != null) now.setSelectionRange(from, to);
    scrollBy(0, now.getBoundingClientRect().top - height);
  };

  const ask = async button => {
    clearTimeout(timer);
    const mine = ++turn;
    const data = new FormData(form, button);
    data.set('check', 'live');
    for (const e of all('[type=file]', form)) data.delete(e.name);
    // A name that is still being typed is added by its button, not by every letter.
    if (!button) all('[data-later]', form).forEach(e => data.delete(e.name));
    let page;
    try {
      const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: data, redirect: 'error' });
      if (answer.ok) page = read(await answer.text());
    } catch { /* said below */ }
    if (mine !== turn) return; // somebody went on writing
    if (page?.getElementById(area.id)) draw(page, button);
    else say(root.dataset.silent);
  };
  form.addEventListener('input', event => {
    if (event.target.matches('[data-later], [type=file]') || !event.target.closest('[data-studio], [data-asks]')) return;
    turn++; // an answer on its way is older than this
    clearTimeout(timer);
    timer = setTimeout(ask, 500);
  });
  form.addEventListener('click', event => {
    const button = event.target.closest('[data-ask], [data-studio] button[name=fix]');
    if (!button || event.defaultPrevented) return;
    event.preventDefault();
    ask(button);
  });
  form.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !event.target.matches('[data-later]')) return;
    event.preventDefault();
    event.target.parentElement.querySelector('button').click();
  });
  // Both sides are kept in step: nobody needs to carry over by hand.
  root.classList.add('live');
};
all('[data-studio]').forEach(studio);
