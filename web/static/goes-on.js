/* Sends the one form of a page that has nothing else to say; without a script its button does. */
document.querySelector("form[data-goes-on]")?.requestSubmit();
