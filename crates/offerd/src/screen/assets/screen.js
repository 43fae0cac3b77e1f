// Reads codes out of pictures and from the camera, and says that something is being done. Everything works without it.
"use strict";

const MOST = 1280; // pixels of the longer side of what is looked at
const give = document.getElementById("give");
const detector = "BarcodeDetector" in window ? new BarcodeDetector({ formats: ["qr_code"] }) : null;

function say(text) {
  document.getElementById("scan-status").textContent = text;
}

function take(text) {
  document.getElementById("code").value = text;
  give.requestSubmit();
}

// A picture, whatever kind it was, as a small PNG.
function drawn(source, width, height) {
  const scale = Math.min(1, MOST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

// The text of the code in it; throws what is to be said where there is none.
async function read(source, width, height) {
  if (detector) {
    try {
      const found = await detector.detect(source);
      if (found.length > 0) return found[0].rawValue;
    } catch {
      // This browser has no reader after all: ours is asked.
    }
  }
  const answer = await fetch("/customer/picture", {
    method: "POST",
    headers: { "content-type": "image/png", "x-form-token": give.elements.token.value },
    body: await drawn(source, width, height),
  });
  if (answer.redirected) throw new Error("You are signed out: load the page again.");
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said.text;
}

async function readFile(file) {
  say("Looking at the picture…");
  try {
    const picture = await createImageBitmap(file);
    take(await read(picture, picture.width, picture.height));
  } catch (error) {
    say(error instanceof DOMException ? "This picture cannot be read." : error.message);
  }
}

let stream = null;

function stop() {
  const viewfinder = document.getElementById("viewfinder");
  for (const track of stream ? stream.getTracks() : []) track.stop();
  stream = null;
  viewfinder.hidden = true;
  document.getElementById("camera").textContent = "Use the camera";
}

async function watch() {
  const viewfinder = document.getElementById("viewfinder");
  if (stream) return stop();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return say("The camera cannot be used here.");
  }
  document.getElementById("camera").textContent = "Stop the camera";
  viewfinder.srcObject = stream;
  viewfinder.hidden = false;
  await viewfinder.play();
  say("Hold the code before the camera.");
  while (stream) {
    try {
      const text = await read(viewfinder, viewfinder.videoWidth, viewfinder.videoHeight);
      stop();
      return take(text);
    } catch {
      await new Promise((later) => setTimeout(later, 400)); // nothing to be seen so far
    }
  }
}

function armScanning() {
  const drop = document.getElementById("drop");
  const picture = document.getElementById("picture");
  const camera = document.getElementById("camera");
  document.getElementById("scan").hidden = false;
  picture.addEventListener("change", () => picture.files[0] && readFile(picture.files[0]));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      const file = kind === "drop" && event.dataTransfer.files[0];
      if (file) readFile(file);
    });
  }
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData.files[0];
    if (!file) return;
    event.preventDefault();
    readFile(file);
  });
  if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
    camera.hidden = false;
    camera.addEventListener("click", watch);
  }
}

for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", () => {
    form.querySelector("button").textContent = form.dataset.busy;
    form.setAttribute("aria-busy", "true");
  });
}

if (give) armScanning();

const pending = document.querySelector("[data-look-again]");
if (pending) setTimeout(() => location.reload(), pending.dataset.lookAgain * 1000);
