//go:build e2e

package e2e

// library is what a person does with the eyes, in the page's own terms. It runs
// by the browser's debugger, so it works with the page's scripts off, and it
// uses nothing that has to wait.
const library = `(() => { 'use strict';
// Marks of direction are not to be seen.
const norm = s => (s ?? '').replace(/[\u2066-\u2069\u200e\u200f]/g, '').replace(/\s+/g, ' ').trim();
const visible = e => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
const short = e => {
  const c = e.cloneNode(true);
  c.querySelectorAll('.opt, .hint, .vh, .count').forEach(x => x.remove());
  return norm(c.textContent);
};
const named = (e, name) => [norm(e.getAttribute('aria-label')), norm(e.textContent), short(e)].includes(name);
// Where to look: the row, card or section that holds a text; else the main part, then everything.
const places = scope => {
  if (!scope) return [document.querySelector('main'), document.body].filter(Boolean);
  const holds = [...document.querySelectorAll('tbody tr, main li, main section, main fieldset, .rows > div, .panel')]
    .filter(e => visible(e) && norm(e.textContent).includes(scope));
  return holds.filter(e => !holds.some(o => o !== e && e.contains(o)));
};
const kinds = {
  press: 'button, input[type=submit]', follow: 'a[href]', toggle: 'summary', label: 'label', choice: 'label.choice', any: '*',
};
const find = (kind, name, scope) => {
  if (kind === 'id') {
    const e = document.getElementById(name);
    return e && (e.closest('label') ?? e);
  }
  for (const place of places(scope)) {
    for (const e of place.querySelectorAll(kinds[kind])) {
      const text = kind === 'choice' ? e.querySelector('b') ?? e : e;
      if (visible(e) && named(text, name)) return e;
    }
  }
  return null;
};
const choices = kind => [...document.querySelectorAll(kinds[kind])].filter(visible).map(short).filter(Boolean);
// The point of an element where a click meets it and nothing that covers it.
const point = e => {
  e.scrollIntoView({ block: 'center', behavior: 'instant' });
  const r = e.getClientRects()[0];
  const x = r.x + r.width / 2, y = r.y + r.height / 2;
  const hit = document.elementFromPoint(x, y);
  const met = hit && (e.contains(hit) || hit.contains(e));
  return { found: true, met: !!met, by: hit ? hit.outerHTML.slice(0, 120) : 'nothing', x, y };
};
const at = (kind, name, scope) => {
  const e = find(kind, name, scope);
  return e ? point(e) : { found: false, by: choices(kind).join(' | ') };
};
const field = (name, scope) => {
  const label = find('label', name, scope);
  const e = label && (document.getElementById(label.htmlFor) ?? label.querySelector('input'));
  return e && { id: e.id, kind: e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase(), value: e.value, checked: !!e.checked };
};
// Gives a field the focus with all of its text selected, so that typing replaces it.
const enter = id => {
  const e = document.getElementById(id);
  e.scrollIntoView({ block: 'center', behavior: 'instant' });
  e.focus();
  e.select?.();
};
const select = (id, text) => {
  const e = document.getElementById(id);
  const o = [...e.options].find(o => norm(o.text) === text || o.value === text);
  if (!o) return [...e.options].map(o => norm(o.text)).join(' | ');
  e.value = o.value;
  e.dispatchEvent(new Event('input', { bubbles: true }));
  e.dispatchEvent(new Event('change', { bubbles: true }));
  return '';
};
// A day: browsers have pickers of their own for it, which no two open alike.
const day = (id, value) => {
  const e = document.getElementById(id);
  e.value = value;
  e.dispatchEvent(new Event('input', { bubbles: true }));
  e.dispatchEvent(new Event('change', { bubbles: true }));
};
const ticked = id => document.getElementById(id)?.checked ?? false;
const typed = id => document.getElementById(id).value;
const text = scope => norm(scope ? places(scope).map(e => e.innerText).join(' ') : document.body.innerText);
const state = () => {
  const r = document.documentElement;
  return { path: location.pathname + location.search, title: document.title, h1: [...document.querySelectorAll('h1')].map(e => norm(e.textContent)),
    lang: r.lang, dir: r.dir, status: performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0,
    missing: (document.documentElement.textContent.match(/\[[a-z_]+(\.[\w-]+)+\]/g) ?? []).join(' '),
    wide: r.scrollWidth > r.clientWidth + 1 ? r.scrollWidth + ' of ' + r.clientWidth : '' };
};
const name = e => norm(e.getAttribute('aria-label')) || (e.labels?.length ? short(e.labels[0]) : short(e));
// A ring is an outline or a shadow, of the element or, for a choice, of what is around it.
const ringed = e => [e, e.closest('label'), e.closest('.editor')].some(x => {
  const s = x && getComputedStyle(x);
  return s && (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none');
});
const focused = () => {
  const e = document.activeElement;
  return e && { tag: e.tagName.toLowerCase(), id: e.id, text: name(e), name: e.name ?? '', ring: ringed(e) };
};
const unfold = () => document.querySelectorAll('details.filters, main details:not(.menu)').forEach(d => { d.open = true; });
// How a page's frame and its content are built: elements with what styles and names
// them, without their words; repeated ones once. Two pages of one build are judged alike.
const points = ['for', 'list', 'headers', 'aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-errormessage'];
const build = e => {
  if (e.nodeType === 3) return e.data.trim() ? 't' : '';
  if (e.nodeType !== 1) return '';
  const attributes = [...e.attributes].map(a => points.includes(a.name) ? a.name + a.value.split(' ').map(id => !!document.getElementById(id)) :
    ['class', 'role', 'type', 'dir', 'lang', 'colspan', 'tabindex'].includes(a.name) || /^(true|false|page)$/.test(a.value) ? a.name + '=' + a.value :
    a.name === 'id' || a.name === 'd' ? '' : a.name + !!a.value.trim());
  const inside = e.localName === 'svg' ? [] : [...e.childNodes].map(build).filter((b, i, all) => b && b !== all[i - 1]);
  return '<' + [e.localName, ...attributes].join(' ') + '>' + inside.filter((b, i) => inside.indexOf(b) === i).join('') + '</>';
};
const shape = () => {
  const frame = document.body.cloneNode(true);
  frame.querySelector('main')?.remove();
  frame.querySelectorAll('[aria-current], .langs').forEach(e => { e.removeAttribute('aria-current'); if (e.matches('.langs')) e.remove(); });
  return [build(frame), build(document.querySelector('main'))];
};
const labels = selector => [...document.querySelectorAll(selector)].filter(visible).map(short);
const count = selector => document.querySelectorAll(selector).length;
const texts = selector => [...document.querySelectorAll(selector)].filter(visible).map(e => norm(e.textContent));
return `
