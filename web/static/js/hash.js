// Computes the SHA-256 of a chosen file in the browser and puts it into a field. The
// file's input has no name, so the file itself is never sent. Where the browser offers
// no digest (it does over https and on this machine) nothing is shown.
const mostBytes = 2 ** 30;

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('');
}

function hasher(box) {
  const target = document.getElementById(box.dataset.hash);
  const input = box.querySelector('input');
  const says = box.querySelector('[role=status]');
  let turn = 0; // a file that was chosen later wins
  input.addEventListener('change', async () => {
    const file = input.files[0];
    const mine = ++turn;
    if (!file || file.size > mostBytes) {
      says.textContent = file ? box.dataset.large : '';
      return;
    }
    says.textContent = box.dataset.busy;
    let told = box.dataset.done;
    try {
      const sum = hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
      if (mine === turn) {
        target.value = sum;
        target.dispatchEvent(new Event('input', { bubbles: true }));
      }
    } catch {
      told = box.dataset.failed;
    }
    if (mine === turn) says.textContent = told;
  });
  box.hidden = false;
}

if (globalThis.crypto?.subtle) document.querySelectorAll('[data-hash]').forEach(hasher);
