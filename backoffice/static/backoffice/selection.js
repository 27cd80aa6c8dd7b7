// The selection bar of a list: hidden while nothing is selected, else how many are, with "all that match" and "clear".
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
  show();
});
