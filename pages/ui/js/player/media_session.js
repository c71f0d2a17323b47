// Lock screen, headset and media keys: what plays there, and what their keys do.
const COVER = [{ sizes: "400x400" }];
const SEEK_S = 10;

/** Connect the keys with a player; return how it tells what plays. */
export const mediaSession = (player) => {
  const session = navigator.mediaSession;
  if (!session) return { tell() {}, place() {} };
  const keys = {
    play: () => player.resume(),
    pause: () => player.pause(),
    stop: () => player.pause(),
    nexttrack: () => player.next(),
    previoustrack: () => player.previous(),
    seekto: ({ seekTime }) => player.seek(seekTime),
    seekforward: ({ seekOffset }) => player.seek(player.time + (seekOffset ?? SEEK_S)),
    seekbackward: ({ seekOffset }) => player.seek(player.time - (seekOffset ?? SEEK_S)),
  };
  for (const [key, act] of Object.entries(keys)) {
    try {
      session.setActionHandler(key, act);
    } catch {
      // This browser knows no such key.
    }
  }
  let told = "";
  return {
    tell(song, state, from) {
      session.playbackState =
        { playing: "playing", loading: "playing", paused: "paused" }[state] ?? "none";
      const about = song ? `${song.id} ${song.cover}` : "";
      if (about === told) return;
      told = about;
      session.metadata = song
        ? new MediaMetadata({
            title: song.title,
            artist: song.artists || from,
            album: from,
            artwork: song.cover
              ? COVER.map((one) => ({ ...one, src: new URL(song.cover, document.baseURI).href }))
              : [],
          })
        : null;
    },
    place(time, seconds) {
      if (!session.setPositionState) return;
      if (seconds > 0 && time <= seconds)
        session.setPositionState({ duration: seconds, position: time, playbackRate: 1 });
      else session.setPositionState();
    },
  };
};
