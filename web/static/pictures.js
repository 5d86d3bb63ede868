/* Large pictures are made smaller before they are sent: it goes quicker, and where they were taken stays on the phone. */
(() => {
  "use strict";
  const LARGE_BYTES = 1_000_000;
  const LONGEST_SIDE = 3_072;

  const smaller = async (file) => {
    if (file.size < LARGE_BYTES) return file;
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const by = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * by), Math.round(picture.height * by));
    const brush = canvas.getContext("2d");
    brush.fillStyle = "white";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const made = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
    return made.size < file.size ? new File([made], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: made.type }) : file;
  };

  for (const field of document.querySelectorAll("input[type=file]")) {
    field.addEventListener("change", async () => {
      const chosen = [...field.files];
      const all = new DataTransfer();
      for (const file of chosen) all.items.add(await smaller(file).catch(() => file)); // the server says what is none
      if (chosen.length && field.files[0] === chosen[0]) field.files = all.files; // unless others were chosen meanwhile
    });
  }
})();
