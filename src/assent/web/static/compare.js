// Two pictures over each other: zoom, align on the eyes, swipe, flicker. Without this they stand side by side.

const EYE_LINE = 0.42;      // height of both eyes when aligned, as a share of the canvas
const EYES_APART = 0.26;    // distance between them
const FLICKER_MS = 500;     // two changes a second, below the three flashes of WCAG 2.3.1

// The transform [a, b, e, f] of a similarity: x' = a x - b y + e, y' = b x + a y + f.
function fitWhole(image, size) {
  const scale = Math.min(size / image.naturalWidth, size / image.naturalHeight);
  return [scale, 0, (size - scale * image.naturalWidth) / 2, (size - scale * image.naturalHeight) / 2];
}

function fitEyes(image, eyes, size) {
  const [[lx, ly], [rx, ry]] = eyes.map(([x, y]) => [x * image.naturalWidth, y * image.naturalHeight]);
  const dx = rx - lx, dy = ry - ly, apart = dx * dx + dy * dy;
  if (!apart) return fitWhole(image, size);
  const wanted = EYES_APART * size;
  const a = (wanted * dx) / apart, b = (-wanted * dy) / apart;
  const x = (0.5 - EYES_APART / 2) * size, y = EYE_LINE * size;
  return [a, b, x - (a * lx - b * ly), y - (b * lx + a * ly)];
}

function start(box) {
  const [probe, candidate] = box.querySelectorAll(".pair img");
  const viewer = box.querySelector("[data-viewer]");
  const canvas = viewer.querySelector("canvas");
  const pen = canvas.getContext("2d");
  const size = canvas.width;
  const part = (name) => viewer.querySelector(`[data-${name}]`);
  const [swipe, zoom, align, flicker, reset, said] =
    ["swipe", "zoom", "align", "flicker", "reset", "said"].map(part);
  const state = { x: 0, y: 0, eyes: null, isAligned: false, timer: 0, isOver: false };

  const place = (image, eyes) => {
    const [a, b, e, f] = state.isAligned && eyes ? fitEyes(image, eyes, size) : fitWhole(image, size);
    const scale = zoom.value / 100;
    pen.setTransform(scale, 0, 0, scale, size / 2 + state.x - (scale * size) / 2, size / 2 + state.y - (scale * size) / 2);
    pen.transform(a, b, -b, a, e, f);
    pen.drawImage(image, 0, 0);
    pen.setTransform(1, 0, 0, 1, 0, 0);
  };
  const draw = () => {
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, size, size);
    const border = state.timer ? (state.isOver ? 0 : size) : (size * swipe.value) / 100;
    for (const [image, eyes, from, to] of [
      [probe, state.eyes?.probe, 0, border], [candidate, state.eyes?.candidate, border, size],
    ]) {
      if (to <= from) continue;
      pen.save();
      pen.beginPath();
      pen.rect(from, 0, to - from, size);
      pen.clip();
      place(image, eyes);
      pen.restore();
    }
    if (!state.timer) {
      pen.fillStyle = getComputedStyle(canvas).color;
      pen.fillRect(border - 1, 0, 2, size);
    }
  };
  const toggleFlicker = () => {
    if (state.timer) clearInterval(state.timer);
    state.timer = state.timer ? 0 : setInterval(() => { state.isOver = !state.isOver; draw(); }, FLICKER_MS);
    flicker.setAttribute("aria-pressed", String(Boolean(state.timer)));
    draw();
  };
  const toggleAlign = async () => {
    if (!state.eyes) {
      const answer = await fetch(box.dataset.eyes).catch(() => null);
      state.eyes = answer?.ok ? await answer.json() : { probe: null, candidate: null };
    }
    const isPossible = Boolean(state.eyes.probe && state.eyes.candidate);
    state.isAligned = isPossible && !state.isAligned;
    said.textContent = isPossible ? "" : said.dataset.noEyes;
    align.setAttribute("aria-pressed", String(state.isAligned));
    draw();
  };
  const putBack = () => {
    if (state.timer) toggleFlicker();
    Object.assign(state, { x: 0, y: 0, isAligned: false });
    align.setAttribute("aria-pressed", "false");
    swipe.value = 50;
    zoom.value = 100;
    draw();
  };
  const move = (range, by) => { range.value = Number(range.value) + by; draw(); };
  const keys = {
    ArrowLeft: () => move(swipe, -5), ArrowRight: () => move(swipe, 5),
    ArrowUp: () => { state.y += 20; draw(); }, ArrowDown: () => { state.y -= 20; draw(); },
    "+": () => move(zoom, 25), "=": () => move(zoom, 25), "-": () => move(zoom, -25),
    e: toggleAlign, f: toggleFlicker, 0: putBack,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const shown = size / canvas.clientWidth;
    state.x += event.movementX * shown;
    state.y += event.movementY * shown;
    draw();
  });
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  swipe.addEventListener("input", draw);
  zoom.addEventListener("input", draw);
  align.addEventListener("click", toggleAlign);
  flicker.addEventListener("click", toggleFlicker);
  reset.addEventListener("click", putBack);
  return Promise.all([probe.decode(), candidate.decode()]).then(draw);
}

for (const box of document.querySelectorAll("[data-compare]")) {
  const opener = box.querySelector("[data-open]");
  opener.hidden = false;
  opener.addEventListener("click", async () => {
    for (const image of box.querySelectorAll("img")) image.loading = "eager";
    box.querySelector("[data-viewer]").hidden = false;
    opener.hidden = true;
    await start(box);
    box.querySelector("canvas").focus();
  }, { once: true });
}
