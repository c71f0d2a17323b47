// A piece of silence, as a file: what a browser plays through Web Audio alone has no lock screen and no media keys.

// Chromium shows no keys for anything shorter than five seconds.
const SECONDS = 6;
const RATE = 8000;
const HEADER_BYTES = 44;
const MIDDLE = 128;

/** Return a WAV file of silence: mono, 8 bits. It takes no time, so that a press still counts as one. */
export const silence = () => {
  const size = SECONDS * RATE;
  const bytes = new Uint8Array(HEADER_BYTES + size).fill(MIDDLE);
  const view = new DataView(bytes.buffer);
  const write = (at, text) => {
    for (let place = 0; place < text.length; place += 1) bytes[at + place] = text.charCodeAt(place);
  };
  write(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + size, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  write(36, "data");
  view.setUint32(40, size, true);
  return new Blob([bytes], { type: "audio/wav" });
};
