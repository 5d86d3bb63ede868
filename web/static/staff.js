/* Keys for those who work here all day. Each does what a button or a link of the page does; none decides by itself. */
(() => {
  "use strict";
  const OFF = "makewhole-keys-off";
  const stored = (change) => { try { return change(window.localStorage); } catch { return null; } };
  const areOff = () => stored((storage) => storage.getItem(OFF)) === "yes";
  const dialog = () => document.getElementById("keys");

  for (const each of document.querySelectorAll("[data-needs-script]")) each.hidden = false;
  for (const each of document.querySelectorAll("[data-opens]")) {
    each.addEventListener("click", () => document.getElementById(each.dataset.opens).showModal());
  }
  for (const each of document.querySelectorAll("[data-keys-off]")) {
    each.setAttribute("aria-pressed", String(areOff()));
    each.addEventListener("click", () => {
      stored((storage) => storage.setItem(OFF, areOff() ? "no" : "yes"));
      each.setAttribute("aria-pressed", String(areOff()));
    });
  }

  const step = (by) => {
    const rows = [...document.querySelectorAll("a.row")];
    const here = rows.indexOf(document.activeElement);
    const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1);
    rows[next]?.focus();
  };

  const isTyping = (element) => element.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=submit])");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (dialog()?.open || (areOff() && event.key !== "?")) return;
    if (event.key === "j" || event.key === "k") return step(event.key === "j" ? 1 : -1);
    const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!wanted || wanted.disabled) return;
    event.preventDefault();
    wanted.closest("details")?.setAttribute("open", "");
    if (wanted.matches("[name=decision], input")) wanted.focus(); else wanted.click();
  });
})();
