// The selection bar of a list: hidden while nothing is selected, else how many are, with "all that match" and "clear".
// Sorting and turning pages of the same rows take the ticks along; how many of them the new page cannot show is said.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const bar = document.querySelector(".bo-selection");
  const head = document.getElementById("action-toggle");
  const boxes = [...document.querySelectorAll("input.action-select")];
  if (!bar) return;
  const across = bar.querySelector("[name=select_across]");
  const all = bar.querySelector(".bo-selection-all");
  const clear = bar.querySelector(".bo-selection-clear");
  const counted = bar.querySelector(".bo-selection-count");
  const lost = document.querySelector(".bo-selection-lost");
  const CARRIED = "bo-ticked";
  const LISTED = `${location.pathname}?${bar.dataset.rows}`;
  let last = null;

  function show() {
    const ticked = boxes.filter((box) => box.checked).length;
    if (ticked < boxes.length) across.value = "0";
    const everything = across.value === "1";
    bar.dataset.counted = "";
    bar.hidden = !ticked;
    counted.textContent = everything ? bar.dataset.across : bar.dataset.selected.replace("{count}", ticked);
    if (all) all.hidden = everything || ticked < boxes.length;
    clear.hidden = false;
    boxes.forEach((box) => box.closest("tr").classList.toggle("selected", box.checked));
    if (head) {
      head.checked = ticked > 0 && ticked === boxes.length;
      head.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    document.documentElement.style.setProperty("--bo-selection", `${bar.offsetHeight}px`);
  }

  function tick(checked, some = boxes) {
    some.forEach((box) => { box.checked = checked; });
    show();
  }

  function carry(event) {
    const { target, ctrlKey, metaKey, shiftKey, altKey } = event;
    const isHere = target.closest("#result_list thead a, .bo-pager a") && !(ctrlKey || metaKey || shiftKey || altKey);
    const keys = boxes.filter((box) => box.checked).map((box) => box.value);
    sessionStorage.removeItem(CARRIED); // who stayed on the page may have unticked some
    if (!isHere || !keys.length) return;
    sessionStorage.setItem(CARRIED, JSON.stringify({ listed: LISTED, all: across.value === "1", keys }));
  }

  function restore() {
    const { listed, all, keys } = JSON.parse(sessionStorage.getItem(CARRIED) ?? "{}");
    sessionStorage.removeItem(CARRIED);
    if (listed !== LISTED) return;
    const found = boxes.filter((box) => all || keys.includes(box.value));
    tick(true, found);
    if (all) across.value = "1";
    const missing = all ? 0 : keys.length - found.length;
    if (missing) lost.textContent = lost.dataset.words.replace("{count}", missing);
  }

  boxes.forEach((box, index) => box.addEventListener("click", (event) => {
    // Shift takes everything between this box and the one before.
    const [from, to] = [last ?? index, index].sort((a, b) => a - b);
    tick(box.checked, event.shiftKey ? boxes.slice(from, to + 1) : [box]);
    last = index;
  }));
  head?.addEventListener("click", () => tick(head.checked));
  clear.addEventListener("click", () => {
    tick(false);
    (head ?? boxes[0])?.focus();
  });
  all?.addEventListener("click", () => {
    across.value = "1";
    show();
    clear.focus();
  });
  // The browser restores ticked boxes when one comes back to the page.
  window.addEventListener("pageshow", show);
  document.addEventListener("click", carry);
  restore();
  show();
});
