"use strict";
// A link leads into a requirement that may be folded: open it, and show the first line that it speaks of.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (!target) return;
  const line = target.querySelector('a[href^="#"]');
  if (line) document.getElementById(line.hash.slice(1))?.scrollIntoView({ block: "center" });
  const whole = target.matches(".body") ? target.parentElement : target;
  whole.scrollIntoView({ block: whole.matches(".line") ? "center" : "start" });
}
addEventListener("hashchange", reveal);
reveal();
