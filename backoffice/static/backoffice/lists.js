// Lists: the jump box goes there when a choice is made. Everything works without this script.
"use strict";
document.addEventListener("change", (event) => {
  if (event.target.matches(".bo-jump select")) event.target.form.requestSubmit();
});
