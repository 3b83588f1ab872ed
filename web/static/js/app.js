// What every page gains when scripts run. Nothing here is needed for a journey to work.
// Words that scripts show come from data attributes, so that the server translates them.
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// A failed form: the summary of errors takes the focus, as after a page load by keyboard.
document.querySelector('[data-focus]')?.focus();

// One submit per form: a second click while the first is on its way is dropped.
let leaving = false;
const idle = form => {
  delete form.dataset.sent;
  all('[aria-disabled]', form).forEach(b => b.removeAttribute('aria-disabled'));
};
document.addEventListener('submit', event => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (event.defaultPrevented) return;
  leaving = true;
  if (!('once' in form.dataset)) return;
  form.dataset.sent = '1';
  event.submitter?.setAttribute('aria-disabled', 'true');
  // Stopped by hand: after a while the form can be sent again.
  setTimeout(idle, 10000, form);
});
// Coming back by the Back button shows the page as it was left: the buttons must work again.
addEventListener('pageshow', () => {
  leaving = false;
  all('form[data-sent]').forEach(idle);
});

// Unsaved changes: the browser asks before the page goes.
const edited = form => [...form.elements].some(e =>
  e.type === 'checkbox' || e.type === 'radio' ? e.checked !== e.defaultChecked
    : e.options ? e.selectedIndex !== Math.max(0, [...e.options].findIndex(o => o.defaultSelected))
      : e.type !== 'hidden' && e.type !== 'file' && 'defaultValue' in e && e.value !== e.defaultValue);
addEventListener('beforeunload', event => {
  if (!leaving && all('form[data-guard]').some(edited)) event.preventDefault();
});

// Menus: Esc closes and gives the focus back, a click elsewhere closes, one is open at a time.
const menus = () => all('details.menu[open]');
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  for (const menu of menus()) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector('summary').focus();
  }
});
document.addEventListener('click', event => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener('focusin', event => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

// "/" jumps to the search, unless somebody types or has switched it off (WCAG 2.1.4).
const search = document.querySelector('[data-slash]');
if (search) document.addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest('input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]')) return;
  event.preventDefault();
  search.select();
});

// Buttons that only make sense with scripts stand hidden in the page.
for (const button of all('button[data-show]')) {
  const input = document.getElementById(button.dataset.show);
  const [show, hide] = [button.textContent, button.dataset.hide];
  button.hidden = false;
  button.addEventListener('click', () => {
    const hidden = input.type === 'password';
    input.type = hidden ? 'text' : 'password';
    button.textContent = hidden ? hide : show;
  });
  // A password must never be sent, or remembered by the browser, as plain text.
  input.form?.addEventListener('submit', () => { input.type = 'password'; });
}
for (const button of all('button[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}
if (navigator.clipboard) {
  for (const button of all('button[data-copy]')) {
    const text = button.textContent;
    button.hidden = false;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = text; }, 2000);
    });
  }
}
