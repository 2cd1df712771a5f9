"use strict";
// Which of two channels is heard, and on which ear. Made with the first key: until then the player is left as it is.
window.deskChannels = (() => {
  let gains = null;
  const heard = [true, true];

  function make(audio) {
    const context = new AudioContext();
    const source = context.createMediaElementSource(audio);
    const splitter = context.createChannelSplitter(2);
    const merger = context.createChannelMerger(2);
    source.connect(splitter);
    gains = [0, 1].map((from) => [0, 1].map((to) => {
      const gain = context.createGain();
      splitter.connect(gain, from);
      gain.connect(merger, 0, to);
      return gain;
    }));
    merger.connect(context.destination);
    audio.addEventListener("play", () => context.resume());
    context.resume();
  }

  // A channel that is heard alone is heard on both ears.
  function apply() {
    const alone = heard[0] !== heard[1];
    for (const from of [0, 1]) {
      for (const to of [0, 1]) {
        const on = heard[from] && (alone || from === to);
        gains[from][to].gain.value = on ? 1 : 0;
      }
    }
  }

  function set(audio, first, second) {
    if (!gains) make(audio);
    heard[0] = first;
    heard[1] = second;
    apply();
    return [...heard];
  }

  return {
    toggle: (audio, channel) => set(audio, channel === 0 ? !heard[0] : heard[0], channel === 1 ? !heard[1] : heard[1]),
    solo: (audio, channel) => (heard[channel] && !heard[1 - channel] ? set(audio, true, true) : set(audio, channel === 0, channel === 1)),
    heard: () => [...heard],
    levels: () => gains && gains.map((row) => row.map((gain) => gain.gain.value)),
  };
})();
