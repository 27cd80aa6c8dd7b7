// The page of a job: asks for itself every two seconds and shows what is new, until the job is over.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const PAUSE = 2000;

  async function look() {
    const job = document.getElementById("job");
    if (!job || !("unfinished" in job.dataset)) return;
    try {
      const answer = await fetch(location.href, {
        credentials: "same-origin",
        headers: { "X-Asked-By": "script" }, // no sign of life of the person
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("job");
      if (answer.ok && now) show(job, now);
    } catch {
      // The next attempt may reach the server.
    }
    setTimeout(look, PAUSE);
  }

  function show(job, now) {
    const bar = job.querySelector("progress");
    const next = now.querySelector("progress");
    if (bar && next && job.textContent === now.textContent) {
      bar.value = next.value;
      return;
    }
    const focused = document.activeElement && job.contains(document.activeElement) ? document.activeElement : null;
    const selector = focused && `${focused.localName}.${focused.className.trim().split(/\s+/).join(".")}`;
    job.replaceWith(now);
    if (selector && focused.className) now.querySelector(selector)?.focus();
  }

  setTimeout(look, PAUSE);
});
