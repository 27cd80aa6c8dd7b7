"""What looks broken, told by geometry: what sticks out of the page, what is cut off, what lies over something else."""

import os
import re
from pathlib import Path

FAULTS = r"""() => {
  const said = (element) => {
    const name = element.getAttribute('aria-label') || element.textContent.trim() || element.getAttribute('name') || '';
    return `<${element.tagName.toLowerCase()} class="${element.className}"> ${name.replace(/\s+/g, ' ').slice(0, 60)}`;
  };
  const seen = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && !element.closest('.visually-hidden, .select2-hidden-accessible, .bo-skip, [inert], dialog:not([open])');
  const box = (element) => element.getBoundingClientRect();
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth + 1) faults.push(
    `the page is ${document.documentElement.scrollWidth} wide on a screen of ${innerWidth}`);
  const kinds = 'a[href], button, summary, select, textarea, input:not([type=hidden]), .select2-selection';
  const controls = [...document.querySelectorAll(kinds)].filter((each) => seen(each) && box(each).width > 1);
  for (const control of controls) {
    const mine = box(control);
    for (let frame = control.parentElement; frame && frame !== document.body; frame = frame.parentElement) {
      const style = getComputedStyle(frame), edge = box(frame);
      if (style.position === 'fixed' || getComputedStyle(control).position === 'fixed') break;
      const cutsX = ['hidden', 'clip'].includes(style.overflowX), cutsY = ['hidden', 'clip'].includes(style.overflowY);
      if ((cutsX && (mine.right > edge.right + 2 || mine.left < edge.left - 2))
        || (cutsY && (mine.bottom > edge.bottom + 2 || mine.top < edge.top - 2)))
        faults.push(`cut off by <${frame.tagName.toLowerCase()} class="${frame.className}">: ${said(control)}`);
      if (style.overflowX === 'auto' || style.overflowX === 'scroll') break;
    }
    if (control.matches('button, .btn, .bo-primary, .bo-neutral, summary')
      && control.scrollWidth > control.clientWidth + 2 && getComputedStyle(control).overflow === 'visible'
      && getComputedStyle(control).display !== 'inline')
      faults.push(`its words stick out: ${said(control)}`);
  }
  // What floats over the page on purpose (a bar that sticks) is over it only where one has scrolled.
  const floats = (element) => {
    for (let each = element; each && each !== document.body; each = each.parentElement)
      if (['fixed', 'sticky'].includes(getComputedStyle(each).position)) return true;
    return false;
  };
  const still = controls.filter((each) => !floats(each));
  still.forEach((one, index) => {
    const a = box(one);
    for (const other of still.slice(index + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      const b = box(other);
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 3 && high > 3) faults.push(`${said(one)} lies over ${said(other)}`);
    }
  });
  return [...new Set(faults)];
}"""


def photograph(page, path, name):
    """A picture of the whole page into the folder PICTURES, where one is named: for people to look at."""
    folder = os.environ.get("PICTURES")
    if folder:
        file = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "root"
        page.screenshot(path=Path(folder) / f"{file}-{name}.png", full_page=True)


def faults(page):
    """Sentences about the page that is open, at the size that it has."""
    return page.evaluate(FAULTS)
