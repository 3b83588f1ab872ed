// The policy editor: a plain text area that gains line numbers, jumps to findings and files read in the browser.
// Loaded after app.js in the same file, on the pages that show a document only.
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
  const jump = (line, column, length) => {
    const start = lineStart(area.value, line);
    const text = area.value.slice(start).split('\n', 1)[0];
    const from = start + [...text].slice(0, Math.max(0, column - 1)).join('').length;
    const span = length && [...text].slice(column - 1, column - 1 + length).join('');
    const word = span ? [span] : /^("(?:[^"\\]|\\.)*"|[^\s,\]}]+)/.exec(area.value.slice(from, start + text.length));
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
    jump(+link.dataset.line, +link.dataset.column, +link.dataset.length);
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
