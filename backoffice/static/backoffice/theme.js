/* Light, dark or as the system says. Runs in the head, before anything is painted. */
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const modes = ["auto", "light", "dark"];

  function chosen() {
    const stored = memory.get("theme");
    return modes.includes(stored) ? stored : root.dataset.defaultTheme || "auto";
  }

  function show() {
    const mode = chosen();
    const dark = mode === "dark" || (mode === "auto" && system.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
    root.dataset.theme = mode;
    const button = document.getElementById("bo-theme-button");
    if (button) button.setAttribute("aria-label", button.dataset[mode]);
    if (button) button.title = button.dataset[mode];
  }

  function choose(mode) {
    memory.set("theme", mode);
    show();
  }

  function next() {
    choose(modes[(modes.indexOf(chosen()) + 1) % modes.length]);
  }

  show();
  system.addEventListener("change", show);
  document.addEventListener("backoffice:colours", (event) => choose(event.detail)); // of the command palette
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("bo-theme-button")?.addEventListener("click", next);
  });
})();
