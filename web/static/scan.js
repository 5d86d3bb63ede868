/* A barcode scanner types wherever the focus is, and then presses Enter: its letters go to the field for numbers. */
(() => {
  "use strict";
  const TAKES_LETTERS = "textarea, select, input:not([type=radio], [type=checkbox], [type=file])";

  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("[data-scan]")) target.select(); // what was scanned before is replaced
  });
  const field = document.querySelector("[data-scan]:focus"); // it had the focus before this was here
  if (field && field.value === field.defaultValue) field.select();

  document.addEventListener("keydown", (event) => {
    const into = event.target.closest("form[method=post]");
    if (event.key !== "Enter" || event.isComposing || !into || !event.target.matches(`input:is(${TAKES_LETTERS})`)) return;
    event.preventDefault(); // a scan into a note says nothing yet: the button is to be pressed
    into.querySelector("[type=submit]").focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.length !== 1 || event.key === " " || event.target.matches(TAKES_LETTERS)) return;
    if (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)) return;
    document.querySelector("[data-scan]")?.focus();
  }, true);
})();
