// The page of an export: while the file is on its way, it says how far that is.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form.bo-export");
  const shown = document.getElementById("export-progress");
  const PAUSE = 1000;
  const PATIENCE = 5; // answers without news before the first one
  let asked = 0;

  form.addEventListener("submit", () => {
    const name = crypto.getRandomValues(new Uint32Array(4)).reduce((text, part) => text + part.toString(16).padStart(8, "0"), "");
    form.elements.progress.value = name;
    asked += 1;
    setTimeout(look, PAUSE, name, asked, PATIENCE);
  });

  async function look(name, mine, patience) {
    if (mine !== asked) return;
    try {
      const answer = await fetch(`${form.action}?progress=${name}`, {
        credentials: "same-origin",
        headers: { "X-Asked-By": "script" }, // no sign of life of the person
      });
      const told = answer.ok ? await answer.json() : {};
      if (told.sentence) {
        patience = 60;
        shown.hidden = false;
        shown.querySelector("progress").max = told.total || 1;
        shown.querySelector("progress").value = told.over ? told.total || 1 : told.rows;
        shown.querySelector("span").textContent = told.sentence;
      }
      if (told.over) return;
    } catch {
      // The next attempt may reach the server.
    }
    if (patience > 0) setTimeout(look, PAUSE, name, mine, patience - 1);
  }
});
