// Where WebRTC does not pass, small pictures of the camera go to the server by the page's own socket: the next one
// when the last was answered, smaller and fewer on a slow line.
const FASTEST_MS = 125;
const SLOWEST_MS = 333;
// Part of the line's time that is left free.
const REST = 1.5;
// Shorter sides in pixels, and the most that the server takes.
const SIDES = [240, 300, 360];
const WIDEST = 640;
const HIGHEST = 480;
const MOST_BYTES = 60000;
const QUALITIES = [0.7, 0.5, 0.3];
// Answers that take longer make pictures smaller, and quick ones make them larger.
const SLOW_MS = 300;
const QUICK_MS = 150;
const ANSWERS = 8;
// A socket that has not answered by then will not.
const PATIENCE_MS = 10000;

const shrunk = (width, height, side) => {
  const share = Math.min(1, side / Math.min(width, height), WIDEST / width, HIGHEST / height);
  return [Math.round(width * share), Math.round(height * share)];
};

// How large and how often: from how long the last answers took.
const pace = () => {
  let size = SIDES.length - 1;
  let took = 0;
  let answers = 0;
  return {
    side: () => SIDES[size],
    answered: (ms) => {
      took = answers ? took + (ms - took) / ANSWERS : ms;
      answers += 1;
      const step = took > SLOW_MS ? -1 : took < QUICK_MS ? 1 : 0;
      if (answers < ANSWERS || !SIDES[size + step]) return;
      if (step) answers = 0;
      size += step;
    },
    wait: () => Math.min(SLOWEST_MS, Math.max(FASTEST_MS, took * REST)),
  };
};

const open = () => {
  const canvas = document.createElement("canvas");
  const own = pace();
  let wanted = false;
  let heard = 0;
  let timer = null;
  let sentAt = null;
  const again = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(send, Math.max(0, ms));
  };
  // As the camera sees it, not as in the mirror.
  const picture = async () => {
    const video = document.querySelector(".st-key-ring > video");
    const track = video?.srcObject?.getVideoTracks()[0];
    // A paused one shows its last picture, or none.
    if (document.hidden || !video?.videoWidth || track?.readyState !== "live" || track.muted)
      return null;
    [canvas.width, canvas.height] = shrunk(video.videoWidth, video.videoHeight, own.side());
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (blob && blob.size <= MOST_BYTES) return blob;
    }
    return null;
  };
  const send = async () => {
    sentAt = null;
    const blob = await picture();
    if (!wanted || sentAt !== null) return;
    if (!blob) document.moodringSend?.("blind");
    else if (document.moodringSend?.(blob)) sentAt = performance.now();
    // An answer comes before; without one, as when the socket broke, the next is tried.
    again(sentAt === null ? SLOWEST_MS : PATIENCE_MS);
  };
  const follow = ({ detail }) => {
    const before = wanted;
    wanted = detail?.way === "pictures";
    const answered = detail?.heard !== heard;
    heard = detail?.heard;
    if (!wanted) {
      clearTimeout(timer);
      sentAt = null;
    } else if (!before) {
      again(own.wait());
    } else if (answered && sentAt !== null) {
      own.answered(performance.now() - sentAt);
      again(sentAt + own.wait() - performance.now());
      sentAt = null;
    }
  };
  document.addEventListener("moodring-reading", follow);
  return () => {
    follow({});
    document.removeEventListener("moodring-reading", follow);
  };
};

export default function ({ parentElement }) {
  parentElement.moodringPictures ??= open();
  return () => {
    parentElement.moodringPictures?.();
    delete parentElement.moodringPictures;
  };
}
