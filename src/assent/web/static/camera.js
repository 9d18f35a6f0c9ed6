// The camera of an invitation's form: what it takes goes into the form's own field of files, as if it had been chosen.
// While it is on, single pictures are sent to be judged; the server keeps none and compares with nobody.

const LOOK_EVERY_MS = 2000;
const LOOK_WIDTH_PX = 640;
const JPEG_QUALITY = 0.92;

function start(box) {
  const form = box.closest("form");
  const field = form.querySelector('input[type="file"]');
  const part = (name) => box.querySelector(`[data-${name}]`);
  const video = box.querySelector("video");
  const feedback = part("feedback");
  const most = Number(field.dataset.most);
  let stream = null;
  let timer = null;
  let isLooking = false;

  function frame(width) {
    const canvas = document.createElement("canvas");
    const scale = width ? Math.min(1, width / video.videoWidth) : 1;
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
  }

  function say(text, isFit) {
    if (feedback.textContent !== text) feedback.textContent = text;
    feedback.dataset.fit = isFit ? "yes" : "no";
  }

  async function look() {
    if (isLooking || !stream || !video.videoWidth) return;
    isLooking = true;
    try {
      const body = new FormData();
      body.append("photo", await frame(LOOK_WIDTH_PX), "frame.jpg");
      const headers = { "X-CSRF-Token": form.elements.csrf.value };
      const answer = await fetch("/i/check", { method: "POST", body, headers, credentials: "same-origin" });
      if (answer.ok && stream) {
        const judged = await answer.json();
        say(judged.reasons.join(" "), judged.is_fit);
      }
    } catch {
      // The next look may go through; the photo is judged again when the form is sent.
    } finally {
      isLooking = false;
    }
  }

  async function open() {
    part("open").disabled = true;
    try {
      const wanted = { video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } }, audio: false };
      stream = await navigator.mediaDevices.getUserMedia(wanted);
    } catch {
      part("open").disabled = false;
      part("open").insertAdjacentElement("afterend", Object.assign(document.createElement("p"), {
        className: "notice warn", role: "alert", textContent: box.dataset.denied,
      }));
      return;
    }
    video.srcObject = stream;
    part("live").hidden = false;
    say(box.dataset.wait, false);
    await video.play();
    part("take").focus();
    timer = setInterval(look, LOOK_EVERY_MS);
    look();
  }

  function close() {
    clearInterval(timer);
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    part("live").hidden = true;
    part("open").disabled = false;
    part("open").focus();
  }

  function keep(files) {
    const held = new DataTransfer();
    files.forEach((file) => held.items.add(file));
    field.files = held.files;
    show();
  }

  function show() {
    const list = part("taken");
    list.querySelectorAll("img").forEach((image) => URL.revokeObjectURL(image.src));
    list.replaceChildren(...Array.from(field.files, (file, place) => {
      const item = document.createElement("li");
      const image = document.createElement("img");
      image.src = URL.createObjectURL(file);
      image.alt = `${box.dataset.label} ${place + 1}`;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "link";
      remove.textContent = box.dataset.remove;
      remove.setAttribute("aria-label", `${box.dataset.remove} (${place + 1})`);
      remove.addEventListener("click", () => keep(Array.from(field.files).filter((_, other) => other !== place)));
      item.append(image, remove);
      return item;
    }));
  }

  async function take() {
    if (!video.videoWidth) return;
    if (field.files.length >= most) {
      say(box.dataset.full, false);
      return;
    }
    const taken = await frame(0);
    keep([...field.files, new File([taken], `camera-${field.files.length + 1}.jpg`, { type: "image/jpeg" })]);
  }

  part("open").addEventListener("click", open);
  part("close").addEventListener("click", close);
  part("take").addEventListener("click", take);
  field.addEventListener("change", show);
  addEventListener("pagehide", close);
  box.hidden = false;
}

if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.DataTransfer) {
  document.querySelectorAll("[data-camera]").forEach(start);
}
