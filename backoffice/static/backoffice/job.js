// The page of a job: asks for itself every two seconds and shows what is new, until the job is over. Another page says
// in data-url whose job it waits for: there the bar goes on, and with anything else that is new the page is loaded anew.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const PAUSE = 2000;

  async function look() {
    const job = document.getElementById("job");
    if (!job || !("unfinished" in job.dataset)) return;
    try {
      const answer = await fetch(job.dataset.url ?? location.href, {
        credentials: "same-origin",
        headers: { "X-Asked-By": "script" }, // no sign of life of the person
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("job");
      if (answer.ok && now && !job.dataset.url) show(job, now);
      else if (answer.ok && now && !follows(job, now)) return location.reload(); // once: who typed there is asked
    } catch {
      // The next attempt may reach the server.
    }
    setTimeout(look, PAUSE);
  }

  function follows(job, now) {
    const [bar, next] = [job, now].map((each) => each.querySelector("progress"));
    if (Boolean(bar) !== Boolean(next) || !("unfinished" in now.dataset)) return false;
    if (bar) {
      bar.value = next.value;
      bar.labels[0].textContent = next.labels[0].textContent;
    }
    return true;
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
