// The policy editor: a plain text area that gains line numbers, jumps to findings and files read in the browser;
// and the studio around it, where form, text, findings and sentences keep up with each other while somebody writes.
// Loaded after app.js in the same file, on the editor's pages only.
const lineStart = (text, line) => {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', at);
    if (next < 0) break;
    at = next + 1;
  }
  return at;
};

const editor = area => {
  const gutter = document.createElement('div');
  const numbers = document.createElement('div');
  const current = document.createElement('i');
  gutter.className = 'gutter';
  gutter.setAttribute('aria-hidden', 'true');
  gutter.append(numbers);
  area.before(gutter);
  area.wrap = 'off';
  const height = parseFloat(getComputedStyle(area).lineHeight);
  const top = parseFloat(getComputedStyle(area).paddingTop);
  const place = (mark, line) => { mark.style.insetBlockStart = `${top + (line - 1) * height}px`; };
  const marks = () => all(`[data-jump="${area.id}"]`).filter(a => +a.dataset.line).map(a => {
    const mark = document.createElement('i');
    mark.className = a.dataset.level;
    place(mark, a.dataset.line);
    return mark;
  });

  let lines = 0;
  const count = () => {
    const now = area.value.split('\n').length;
    if (now === lines) return;
    lines = now;
    numbers.textContent = Array.from({ length: now }, (_, i) => i + 1).join('\n');
    numbers.append(current, ...marks());
  };
  const scroll = () => { numbers.style.transform = `translateY(${-area.scrollTop}px)`; };
  const here = () => place(current, area.value.slice(0, area.selectionStart).split('\n').length);
  const refresh = () => { count(); scroll(); here(); };
  area.addEventListener('input', refresh);
  area.addEventListener('scroll', scroll);
  // The findings were drawn anew, and perhaps the text.
  area.addEventListener('drawn', () => { lines = 0; refresh(); });
  document.addEventListener('selectionchange', () => { if (document.activeElement === area) here(); });
  // A form brought back by the browser gets its text after this ran.
  addEventListener('pageshow', refresh);
  refresh();

  // Line and column count from 1; a column counts characters, not UTF-16 units.
  const jump = (line, column) => {
    const start = lineStart(area.value, line);
    const text = area.value.slice(start).split('\n', 1)[0];
    const from = start + [...text].slice(0, Math.max(0, column - 1)).join('').length;
    const word = /^("(?:[^"\\]|\\.)*"|[^\s,\]}]+)/.exec(area.value.slice(from, start + text.length));
    area.focus({ preventScroll: true });
    area.setSelectionRange(from, from + (word ? word[0].length : 0));
    area.scrollTop = Math.max(0, (line - 4) * height);
    area.scrollLeft = 0;
    area.scrollIntoView({ block: 'nearest' });
  };
  document.addEventListener('click', event => {
    const link = event.target.closest?.(`[data-jump="${area.id}"]`);
    if (!link || !+link.dataset.line) return;
    event.preventDefault();
    jump(+link.dataset.line, +link.dataset.column);
  });

  // Tab indents. Esc first lets the next Tab leave, so the keyboard is never caught.
  let leave = false;
  area.addEventListener('keydown', event => {
    if (event.key === 'Escape') leave = true;
    else if (event.key !== 'Tab') leave = event.key === 'Shift' && leave;
    else if (leave || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) leave = false;
    else {
      event.preventDefault();
      area.setRangeText('  ', area.selectionStart, area.selectionEnd, 'end');
      area.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
  area.addEventListener('blur', () => { leave = false; });

  // Text that somebody wrote is replaced only after asking.
  const may = () => !area.value.trim() || confirm(area.dataset.replace);
  area.form?.addEventListener('click', event => {
    if (event.target.closest('[data-replaces]') && !may()) event.preventDefault();
  });
  for (const file of area.form?.querySelectorAll('input[type=file]') ?? []) {
    file.addEventListener('change', async () => {
      const [chosen] = file.files;
      // Too large or not text: the server answers for that, with words.
      if (!chosen || chosen.size > 262144) return;
      if (!may()) { file.value = ''; return; }
      let text;
      try { text = new TextDecoder('utf-8', { fatal: true }).decode(await chosen.arrayBuffer()); } catch { return; }
      if (text.includes('\0')) return;
      area.value = text;
      file.value = '';
      area.dispatchEvent(new Event('input', { bubbles: true }));
      area.focus();
    });
  }
};
all('textarea[data-editor]').forEach(editor);

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

  // Draws the answer; the field that has the focus keeps it, with what is in it, in its place on the screen.
  const draw = (page, button) => {
    const target = button && (button.getAttribute('formaction')?.split('#')[1] ?? button.closest('[data-live]')?.id);
    const was = document.activeElement;
    const kept = was?.id && form.contains(was) && was !== area ? was : null;
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
    const now = kept && document.getElementById(kept.id);
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
