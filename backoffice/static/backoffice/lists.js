// Lists: the jump box goes there when a choice is made. Everything works without this script.
"use strict";
document.addEventListener("change", (event) => {
  if (event.target.matches(".bo-jump select")) event.target.form.requestSubmit();
});
// On a phone each row is a card: its cells carry the name of their column, empty ones are left out.
function nameCells(table) {
  const names = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent.replace(/[▲▼]/g, "").trim());
  for (const row of table.tBodies[0].rows)
    Array.from(row.cells).forEach((cell, index) => {
      if (cell.tagName === "TD" && !cell.matches(".action-checkbox")) cell.dataset.label = names[index] || "";
      cell.classList.toggle("bo-blank", ["", "-"].includes(cell.textContent.trim()) && !cell.querySelector("input, select, img"));
    });
}
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("#result_list").forEach(nameCells);
  // There the jump box stands below the rows, beside the pages: above them it would push the first one down.
  const jump = document.querySelector(".bo-jump");
  const isPhone = window.matchMedia("(max-width: 767.98px), (max-width: 991.98px) and (max-height: 30rem)").matches;
  if (jump && isPhone) document.querySelector(".bo-list").append(jump);
});
// A table that is wider than its frame is scrolled in it (.bo-wide), elsewhere with the page.
function noteWidth() {
  for (const frame of document.querySelectorAll(".bo-list .bo-table-frame"))
    frame.classList.toggle("bo-wide", frame.scrollWidth > frame.clientWidth);
}
document.addEventListener("DOMContentLoaded", noteWidth);
window.addEventListener("resize", noteWidth);
// Who pressed something in the filters that leads to the list anew finds them open.
document.addEventListener("DOMContentLoaded", () => {
  const panel = document.querySelector(".bo-filter-panel");
  if (!panel || location.hash !== "#filters") return;
  panel.open = true;
  history.replaceState(null, "", location.pathname + location.search); // what is applied leads to the rows
});
// What a filter needs to look rows up is fetched when the filters are open: jQuery and the rest, in their order.
function fetchLater() {
  const later = document.querySelector("meta[name=bo-later]");
  if (!later || !document.querySelector(".bo-filter-panel[open]")) return;
  const isBusy = (detail) => document.dispatchEvent(new CustomEvent("bo:busy", { detail }));
  let script;
  for (const src of later.content.split(" ").filter(Boolean)) {
    script = Object.assign(document.createElement("script"), { src, async: false });
    document.head.append(script);
    script.addEventListener("load", () => window.django?.jQuery?.(() => window.dispatchEvent(new Event("bo:later"))));
  }
  if (script) isBusy(true);
  for (const end of ["load", "error"]) script?.addEventListener(end, () => isBusy(false));
  later.remove();
}
document.addEventListener("toggle", fetchLater, true);
document.addEventListener("DOMContentLoaded", fetchLater);
// What comes up from below over a phone's list is all there is then: Tab does not walk on behind it.
let behind = [];
const isDrawer = (menu) => getComputedStyle(menu.querySelector("summary").nextElementSibling).position === "fixed";
function keepFocus() {
  for (const each of behind) each.inert = false;
  behind = [];
  const menu = document.querySelector(":is(.bo-filter-panel, .bo-list-menu)[open]");
  if (!menu || !isDrawer(menu)) return;
  behind = [...document.querySelectorAll(".bo-skip, .app-header")];
  for (let each = menu; !each.matches("main"); each = each.parentElement)
    behind.push(...[...each.parentElement.children].filter((beside) => beside !== each));
  for (const each of behind) each.inert = true;
  menu.querySelector("summary").scrollIntoView({ block: "nearest", behavior: "instant" }); // above what comes up
}
document.addEventListener("toggle", keepFocus, true);
document.addEventListener("DOMContentLoaded", keepFocus); // they are open where they hold an error
window.addEventListener("resize", keepFocus);
// The filters lie over the list on a phone: Escape, or a tap beside them, leads back. What is open in them closes first.
document.addEventListener("keydown", (event) => {
  const panel = document.querySelector(".bo-filter-panel[open]");
  if (event.key !== "Escape" || !panel || document.querySelector(".select2-container--open")) return;
  panel.open = false;
  panel.querySelector("summary").focus();
}, true);
document.addEventListener("click", (event) => {
  const panel = document.querySelector(".bo-filter-panel[open]");
  if (!panel || event.target.closest(".bo-filter-panel, .select2-container") || !event.target.isConnected) return;
  if (isDrawer(panel)) panel.open = false;
});
