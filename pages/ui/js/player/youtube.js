// YouTube's player: it tells by messages when a video has ended, once it is asked to.
const [ENDED, PLAYING, PAUSED, WAITING] = [0, 1, 2, 3];
const NAMES = { [ENDED]: "ended", [PLAYING]: "playing", [PAUSED]: "paused", [WAITING]: "waiting" };

/**
 * One video.
 *
 * tell : {ended, playing, paused, waiting}
 * say : sends the frame a message
 */
export class YouTube {
  origin = "https://www.youtube-nocookie.com";
  obeys = true;

  constructor(tell, say) {
    this.tell = tell;
    this.say = (words) => say(JSON.stringify(words));
  }

  address(src) {
    const address = new URL(src);
    const wishes = { autoplay: 1, enablejsapi: 1, playsinline: 1, origin: location.origin };
    for (const [name, value] of Object.entries(wishes)) address.searchParams.set(name, value);
    return address.href;
  }

  greet() {
    this.say({ event: "listening", id: 1, channel: "widget" });
  }

  pause() {
    this.say({ event: "command", func: "pauseVideo", args: [] });
  }

  resume() {
    this.say({ event: "command", func: "playVideo", args: [] });
  }

  hear(data) {
    let told = null;
    try {
      told = JSON.parse(data);
    } catch {
      return;
    }
    const state = told?.event === "onStateChange" ? told.info : told?.info?.playerState;
    const name = NAMES[state];
    if (name) this.tell[name]();
  }
}
