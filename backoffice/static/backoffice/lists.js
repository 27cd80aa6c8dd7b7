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
      cell.classList.toggle("bo-blank", cell.textContent.trim() === "-");
    });
}
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("#result_list").forEach(nameCells);
});
