// The policy studio: form, text, findings and sentences keep up with each other while somebody writes.
// Loaded after app.js and editor.js in the same file, on the studio's page only.

// The only markup that scripts read: whole pages of this portal, sent to it by fetch. Scripts in them never run.
const pages = window.trustedTypes?.createPolicy('portal', { createHTML: page => page });
const read = page => new DOMParser().parseFromString(pages ? pages.createHTML(page) : page, 'text/html');

// What was typed while the server changed the same text elsewhere: both changes in one text, and how far what
// stands behind the server's moved. Nothing if they meet.
const merge = (base, mine, theirs) => {
  if (mine === base || theirs === base || mine === theirs) return [mine === base ? theirs : mine, 0];
  const cut = now => {
    let from = 0;
    let back = 0;
    const most = Math.min(base.length, now.length);
    while (from < most && base[from] === now[from]) from++;
    while (back < most - from && base[base.length - 1 - back] === now[now.length - 1 - back]) back++;
    return { from, to: base.length - back, text: now.slice(from, now.length - back) };
  };
  const [own, other] = [cut(mine), cut(theirs)];
  const [a, b] = own.from < other.from ? [own, other] : [other, own];
  if (a.to >= b.from) return null;
  const text = base.slice(0, a.from) + a.text + base.slice(a.to, b.from) + b.text + base.slice(b.to);
  return [text, a === other ? other.text.length - (other.to - other.from) : 0];
};

// What a row's field or button is called after a row was removed: rows behind it move up. '' went with it.
const moved = (name, press) => {
  const [, list, at] = press?.name === 'remove' && /^(.*?)(\d+)$/.exec(press.value) || [];
  const [, kind, n, rest] = at && new RegExp(`^(field-row:|more-|)${list}(\\d+)(?!\\d)(.*)$`).exec(name) || [];
  if (!n || +n < +at) return name;
  return n === at ? '' : kind + list + (n - 1) + rest;
};

// The studio: what is written on one side is sent to the server, as the Check button would, and the parts of the
// page that follow from it (data-live) are drawn anew. Without an answer everything stays as it is. One request is
// on its way at a time: buttons pressed meanwhile wait, and what is written meanwhile is kept and asked next.
const studio = root => {
  const form = root.closest('form');
  const area = root.querySelector('textarea[data-editor]');
  const find = id => document.getElementById(id);
  const status = find(root.dataset.studio);
  const say = words => { if (status.textContent !== words) status.textContent = words; };
  const presses = [];
  const since = new Map(); // fields that were answered while a request was on its way
  let asking = false;
  let dirty = false;
  let timer;
  let slow;
  let marked = false;
  let held; // the click or key that is not over yet

  // What stands where an element stood before everything was drawn anew. Buttons and links have no id.
  const marks = ['name', 'value', 'formaction', 'href', 'data-line', 'data-column'];
  const counterpart = (e, press) => e.id ? find(moved(e.id, press)) : all(e.localName, form).find(now =>
    marks.every(m => now.getAttribute(m) === e.getAttribute(m)) && now.closest('details')?.id === e.closest('details')?.id);

  // A verdict on what is no longer there does not look like one on what is.
  const mark = words => {
    marked = true;
    all('[data-verdict]').forEach(e => e.setAttribute('aria-busy', 'true'));
    const short = find('studio-bar').firstElementChild;
    short.className = 'standing';
    short.textContent = words;
  };
  const stale = wait => { slow ??= setTimeout(mark, wait, root.dataset.checking); };
  const settled = () => {
    clearTimeout(slow);
    slow = undefined;
    marked = false;
    all('[data-verdict]').forEach(e => e.removeAttribute('aria-busy'));
  };

  // Draws the answer to what was sent when the text was base; the field that has the focus keeps it, with what is in
  // it, in its place on the screen. False where the text cannot take it.
  const draw = (page, press, base) => {
    const text = merge(base, area.value, page.getElementById(area.id).value);
    if (!text) return false;
    const calm = area.value === base && !since.size;
    const byText = form.elements.base?.value !== base;
    const was = document.activeElement;
    const kept = was && form.contains(was) && was !== area ? was : null;
    const [height, from, to] = kept ? [kept.getBoundingClientRect().top, kept.selectionStart, kept.selectionEnd] : [];
    const later = all('[data-later]', form).filter(e => e.value && e.id !== press?.later);
    const open = all('[data-live] details[id][open]');
    const asked = find('studio-both').firstElementChild;
    settled();
    for (const part of all('[data-live]')) {
      const fresh = page.getElementById(part.id);
      if (!part.isEqualNode(fresh)) part.replaceChildren(...fresh.childNodes);
    }
    for (const old of open) {
      const details = find(moved(old.id, press));
      if (details && (!byText || details.dataset.name === old.dataset.name)) details.open = true;
    }
    for (const [id, e] of [...later.map(e => [e.id, e]), ...since]) {
      const again = find(moved(id, press));
      if (!again || again === e) continue;
      if (/radio|checkbox/.test(e.type)) again.checked = e.checked;
      else again.value = e.value;
    }
    if (text[0] !== area.value) {
      const caret = [area.selectionStart, area.selectionEnd].map(at => at + text[1]);
      const { scrollTop } = area;
      area.value = text[0];
      if (!calm) area.setSelectionRange(...caret);
      area.scrollTop = scrollTop;
    }
    area.dispatchEvent(new Event('drawn'));
    const said = page.getElementById(status.id);
    status.className = said.className;
    say(said.textContent);
    if (!asked && find('studio-both').firstElementChild) press = { target: 'studio-both' };
    else if (!calm) press &&= { ...press, target: '' };
    const row = press?.target && find(press.target);
    if (row) {
      (row.matches('input, select, textarea, button, a, #studio-both') ? row : row.querySelector('input:not([type=hidden]), select, textarea') ?? row).focus();
      row.scrollIntoView({ block: 'nearest' });
      return true;
    }
    const now = kept && (kept.isConnected ? kept : counterpart(kept, press));
    if (!now || now === kept) return true;
    if ('value' in kept && !/radio|checkbox|submit/.test(kept.type)) now.value = kept.value;
    now.focus({ preventScroll: true });
    if (from != null) now.setSelectionRange(from, to);
    scrollBy(0, now.getBoundingClientRect().top - height);
    return true;
  };

  // Asks the server: its page, or words about why there is none.
  const send = async press => {
    const data = new FormData(form);
    data.set('check', 'live');
    if (press) data.set(press.name, press.value);
    for (const e of all('[type=file]', form)) data.delete(e.name);
    // A name that is still being typed is added by its button, not by every letter.
    for (const e of all('[data-later]', form)) if (e.id !== press?.later) data.delete(e.name);
    const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: data, redirect: 'manual', signal: AbortSignal.timeout(30000) });
    const refused = answer.status === 403;
    if (!answer.ok && !refused) return answer.type === 'opaqueredirect' ? root.dataset.signedOut : root.dataset.silent;
    const page = read(await answer.text());
    if (!refused) return page.getElementById(area.id) ? page : root.dataset.silent;
    // Somebody signed in again in another tab: this form's token is the old session's, that of the answer is not.
    const token = form.elements[0];
    const fresh = page.getElementsByName(token.name)[0]?.value;
    if (!fresh || fresh === token.value) return root.dataset.signedOut;
    token.value = fresh;
    return send(press);
  };

  const soon = wait => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };
  const ask = async () => {
    clearTimeout(timer);
    if (asking) return;
    asking = true;
    do {
      const press = presses.shift();
      const base = area.value;
      dirty = false;
      since.clear();
      stale(300);
      const page = await send(press).catch(() => root.dataset.silent);
      await held;
      if (typeof page === 'string') {
        presses.length = 0;
        settled();
        mark(root.dataset.unchecked);
        all('[data-verdict]').forEach(e => e.removeAttribute('aria-busy'));
        say(page);
        break;
      }
      const late = marked;
      if (draw(page, press, base)) presses.forEach(p => { p.value = moved(p.value, press); });
      else {
        dirty = true;
        if (press) presses.unshift(press);
      }
      if ((dirty || presses.length) && late) mark(root.dataset.checking);
    } while (presses.length);
    asking = false;
    if (dirty) soon(200);
  };

  const mine = e => !e.matches('[data-later], [type=file]') && e.closest('[data-studio], [data-asks]');
  form.addEventListener('input', event => {
    const e = event.target;
    if (!mine(e)) return;
    dirty = true;
    if (asking && e !== area) since.set(e.id, e);
    const typed = !e.matches('select, [type=radio], [type=checkbox]');
    stale(typed ? 800 : 300);
    soon(typed ? 500 : 50);
  });
  // Whoever leaves a field is done with it: the other side is there before anything is typed in it.
  form.addEventListener('change', event => { if (dirty && mine(event.target)) soon(0); });
  form.addEventListener('click', event => {
    const button = event.target.closest('[data-ask], [data-studio] button[name=fix]');
    if (!button || event.defaultPrevented) return;
    event.preventDefault();
    presses.push({
      name: button.name, value: button.value, later: button.parentElement.querySelector('[data-later]')?.id,
      target: button.getAttribute('formaction')?.split('#')[1] ?? button.closest('[data-live]')?.id,
    });
    ask();
  });
  form.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !event.target.matches('[data-later]')) return;
    event.preventDefault();
    event.target.parentElement.querySelector('button').click();
  });
  // What is drawn between the two halves of a click takes its element away, and the click with it: answers wait.
  for (const [down, ...ups] of [['pointerdown', 'pointerup', 'pointercancel'], ['keydown', 'keyup']]) {
    form.addEventListener(down, event => {
      if (event.button || event.key && event.key !== ' ' || !event.target.closest('a, button, input, label, summary')) return;
      held = new Promise(done => { ups.forEach(up => addEventListener(up, () => setTimeout(done), { once: true })); });
    });
  }
  // Both sides are kept in step: nobody needs to carry over by hand.
  root.classList.add('live');
};
all('[data-studio]').forEach(studio);
