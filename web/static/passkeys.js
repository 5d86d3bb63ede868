/* Passkeys: a button asks the server for a challenge and the device for an answer, then sends its form with both. */
(() => {
  "use strict";
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return; // no button is shown: a code does as well

  const answer = async ({ ceremony, public_key: options }) => {
    const credentials = navigator.credentials;
    if (ceremony === "registration") {
      return credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
    }
    return credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  };

  const filled = async (button) => {
    const fields = button.form.elements;
    const asked = await fetch(button.dataset.passkey, { method: "POST", body: new URLSearchParams(new FormData(button.form)) });
    if (!asked.ok) return asked.text();
    const challenge = await asked.json();
    const credential = await answer(challenge).catch(() => null);
    if (!credential) return button.dataset.refused;
    fields.challenge_id.value = challenge.challenge_id;
    fields.credential.value = JSON.stringify(credential.toJSON());
    return "";
  };

  for (const button of document.querySelectorAll("button[data-passkey]")) {
    button.hidden = false;
    button.addEventListener("click", async (event) => {
      event.preventDefault();
      const needed = button.form.elements.refund?.value ? ["merchant"] : ["merchant", "order"];
      if ([...button.form.elements].some((each) => needed.includes(each.name) && !each.reportValidity())) return;
      const fault = document.getElementById("passkey-fault");
      fault.hidden = true;
      fault.textContent = await filled(button).catch(() => button.dataset.refused);
      fault.hidden = !fault.textContent;
      if (fault.hidden) button.form.requestSubmit(button);
      button.form.elements.credential.value = ""; // who comes back to the page asks anew
    });
  }
})();
