"""The mood sound: composed, rendered, rendered ahead and played live by the shipped modules."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.io import wavfile

from tests.e2e.driver import PATIENCE_MS, PROJECT
from tests.sound import measure
from tests.sound.studio import SOUND_FLAGS, kept, open_studio, rendered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LOUDNESS_LUFS, TOLERANCE_LU, HIGHEST_DBTP = -18, 2, -1
# As measured; of 36 keys, and of twelve points.
KEYS_HEARD, ENERGY_RIGHT, VALENCE_RIGHT = 30, 11, 9
# F3, as MIDI has it: a semitone lower down would growl.
LOWEST_RUB = 53
MINOR_MODES = ("dorian", "aeolian", "phrygian")
TUNED = ("pad", "lead", "reed", "keys", "pluck", "guitar", "bell", "strings", "bass")


@pytest.fixture
def page(open_browser: Callable[..., Browser]) -> Page:
    return open_studio(open_browser())


def composed(page: Page, **wish: object) -> dict[str, Any]:
    score: dict[str, Any] = page.evaluate("(wish) => sound.compose(wish)", wish)
    return score


def melody(score: dict[str, Any], bar: int) -> set[int]:
    """Return the semiquavers of a bar on which the melody begins a note."""
    at, beat = score["bars"][bar]["at"], 60 / score["bars"][bar]["tempo"]
    return {
        round((note["at"] - at) / beat * 4)
        for note in score["notes"]
        if note["voice"] == "reed" and at - 0.01 <= note["at"] < at + 3.9 * beat
    }


def test_a_score_follows_mood_and_seed_by_the_rules_of_music(page: Page) -> None:
    """Same seed, same piece; mode and harmony by valence; tempo and density by energy."""
    dark = composed(page, seed=7, valence=-0.6, energy=0.2, bars=24)
    assert dark == composed(page, seed=7, valence=-0.6, energy=0.2, bars=24)
    assert dark["notes"] != composed(page, seed=8, valence=-0.6, energy=0.2, bars=24)["notes"]

    half = composed(page, seed=7, valence=-0.6, energy=0.2, bars=11)
    rest = composed(page, seed=7, valence=-0.6, energy=0.2, bars=13, **{"from": half["end"]})
    assert rest["end"]["bar"] == dark["end"]["bar"] == 24
    late = [note["pitch"] for note in dark["notes"] if note["at"] >= half["seconds"] + 0.05]
    assert [note["pitch"] for note in rest["notes"] if note["at"] >= 0.05] == late

    # The first period returns, in other words: what begins a note is of the same motif.
    first, again = melody(dark, 0), melody(dark, 8)
    assert first
    assert first <= again or again <= first

    modes = []
    for valence in (0.9, 0.5, 0.1, -0.1, -0.5, -0.9):
        calm = composed(page, seed=3, valence=valence, energy=0.2, bars=8)
        lively = composed(page, seed=3, valence=valence, energy=0.8, bars=8)
        modes.append(calm["bars"][0]["mode"])
        for score, tempo in ((calm, 68), (lively, 122)):
            assert {round(bar["tempo"]) for bar in score["bars"]} == {tempo}
            scale = set(score["bars"][0]["scale"])
            foreign = [
                note["pitch"]
                for note in score["notes"]
                if note["voice"] in TUNED and note["pitch"] % 12 not in scale
            ]
            # The leading note of a minor key, on its way home, is the only guest.
            leading = (score["bars"][0]["tonic"] + 11) % 12
            assert {pitch % 12 for pitch in foreign} <= {leading}
            assert all(note["at"] >= 0 and 0 < note["velocity"] <= 1 for note in score["notes"])
        density = [len(score["notes"]) / score["seconds"] for score in (calm, lively)]
        assert density[1] > 4 * density[0]
        assert not any(note["voice"] == "kick" for note in calm["notes"])
        assert any(note["voice"] == "kick" for note in lively["notes"])
    assert modes == ["lydian", "ionian", "mixolydian", "dorian", "aeolian", "phrygian"]


def test_voices_move_by_small_steps_and_suspensions_resolve(page: Page) -> None:
    score = composed(page, seed=5, valence=-0.4, energy=0.3, bars=32)
    pads = [note for note in score["notes"] if note["voice"] == "pad"]
    chords = [
        sorted(
            note["pitch"] for note in pads if note["at"] <= moment < note["at"] + note["seconds"]
        )
        for bar in score["bars"]
        for moment in (bar["at"] + 0.01, bar["at"] + 0.51 * bar["seconds"])
    ]
    assert {len(chord) for chord in chords} == {4}
    moves = [abs(a - b) for one, two in pairwise(chords) for a, b in zip(one, two, strict=True)]
    assert np.mean(moves) < 1.5
    held = [
        (start, end) for start, end in zip(chords[::2], chords[1::2], strict=True) if start != end
    ]
    assert held, "no suspension in 32 bars of a dark mood"
    for start, end in held:
        fall = [a - b for a, b in zip(start, end, strict=True) if a != b]
        assert len(fall) == 1
        assert 1 <= fall[0] <= 2


def test_dark_chords_rub_and_dark_periods_end_away_from_home(page: Page) -> None:
    """Dissonance and endings that are denied, the darker the more; every section comes home."""
    rubs, homes = [], []
    for valence in (0.5, -0.3, -0.8):
        score = composed(page, seed=5, valence=valence, energy=0.3, bars=96)
        pads = [note for note in score["notes"] if note["voice"] == "pad"]
        chords = [
            sorted(note["pitch"] for note in pads if abs(note["at"] - bar["at"]) < 0.01)
            for bar in score["bars"]
        ]
        close = [(a, b) for chord in chords for a, b in pairwise(chord) if b - a == 1]
        assert all(low >= LOWEST_RUB for low, _ in close)
        rubs.append(len(close))
        ends = [bar["chords"][-1]["degree"] == 1 for bar in score["bars"][7::8]]
        assert all(ends[3::4])
        homes.append(sum(ends))
    assert rubs[0] == 0 < rubs[1] < rubs[2]
    assert homes[0] == 12 > homes[2]


def test_a_journey_and_a_jump_change_softly_at_bar_lines(page: Page) -> None:
    path = [
        {"seconds": 0, "valence": -0.6, "energy": 0.2},
        {"seconds": 60, "valence": 0.6, "energy": 0.8},
    ]
    journey = composed(page, seed=2, path=path, bars=28)
    tempos = [bar["tempo"] for bar in journey["bars"]]
    assert tempos == sorted(tempos)
    assert round(tempos[0]) == 68
    assert round(tempos[-1]) == 122
    assert journey["bars"][0]["mode"] == "aeolian"
    assert journey["bars"][-1]["mode"] == "ionian"

    calm = composed(page, seed=2, valence=-1, energy=0, bars=2)
    jump = composed(page, seed=2, valence=1, energy=1, bars=8, **{"from": calm["end"]})
    steps = [bar["valence"] for bar in (calm["bars"][-1], *jump["bars"])]
    assert max(after - before for before, after in pairwise(steps)) <= 0.25 + 1e-9
    assert steps[-1] == 1
    # A mood at the border of two modes does not make the mode tremble.
    modes = page.evaluate(
        """() => {
          let from = null;
          return [0.21, 0.19, 0.21, 0.18, 0.1].map((valence) => {
            const score = sound.compose({ seed: 1, valence, energy: 0.5, bars: 1, from });
            from = score.end;
            return score.bars[0].mode;
          });
        }"""
    )
    assert modes == ["ionian"] * 4 + ["mixolydian"]


def test_a_mood_that_is_none_gives_a_score_all_the_same(page: Page) -> None:
    for mood in ("NaN", "Infinity", "-1e9", "'loud'", "undefined"):
        score = page.evaluate(
            f"sound.compose({{seed: {mood}, valence: {mood}, energy: {mood}, bars: 4}})"
        )
        assert 4 * 4 * 60 / 140 <= score["seconds"] <= 4 * 4 * 60 / 50
        assert all(np.isfinite(note["at"]) for note in score["notes"])


def test_what_is_rendered_is_as_loud_as_asked_without_click_or_clipping(page: Page) -> None:
    for valence, energy in ((0.6, 0.2), (-0.6, 0.8)):
        wish = {"seed": 1, "valence": valence, "energy": energy, "seconds": 8}
        take = rendered(page, wish, sampleRate=24000)
        heard = measure.loudness(take.samples, take.rate)
        assert heard.lufs == pytest.approx(LOUDNESS_LUFS, abs=TOLERANCE_LU)
        assert heard.peak <= HIGHEST_DBTP
        assert measure.longest_silence(take.samples, take.rate) < 1
        assert np.abs(take.samples[:, 0]).max() < 0.01
        assert not np.array_equal(take.samples[0], take.samples[1])


def test_pieces_rendered_ahead_join_at_bar_lines(page: Page) -> None:
    """Hidden pages play files: each goes on where the one before ended."""
    pieces = page.evaluate(
        """async () => {
          const early = [];
          const pieces = await sound.renderAhead({
            seed: 4, valence: 0.4, energy: 0.3, minutes: 1.4, sampleRate: 8000, channels: 1,
            ready: (piece) => early.push(piece.seconds),
          });
          const parts = pieces.flatMap((piece, place) => place ? [piece.slice(44)] : [piece]);
          sound.keep(new Blob(parts));
          return { early, pieces: pieces.map(({ seconds, bars, end, size, type }) => {
            return { seconds, bars, bar: end.bar, size, type };
          }) };
        }"""
    )
    first, second = pieces["pieces"]
    assert pieces["early"] == [first["seconds"], second["seconds"]]
    assert first["seconds"] + second["seconds"] >= 84
    assert (first["bar"], second["bar"]) == (first["bars"], first["bars"] + second["bars"])
    assert first["bar"] % 8 == second["bar"] % 8 == 0
    assert first["type"] == "audio/wav"
    for one in (first, second):
        assert one["size"] == 44 + 2 * round(one["seconds"] * 8000)
    size = page.evaluate("sound.kept.size")
    assert size == first["size"] + second["size"] - 44


def test_live_sound_follows_at_the_next_bar_and_never_clips(page: Page) -> None:
    """A context without a loudspeaker is the clock: it runs as fast as it is computed."""
    told = page.evaluate(
        """async () => {
          const context = new OfflineAudioContext(2, 14 * 16000, 16000);
          const live = new sound.LiveMoodSound(context, context.destination,
            { seed: 1, valence: 0.6, energy: 0.8 });
          const bars = [];
          const look = (time) => {
            if (time === 4) live.follow(-0.8, 0.2);
            live.write();
            const bar = live.bar;
            if (bar && bar.bar !== bars.at(-1)?.bar) bars.push(bar);
          };
          live.start();
          live.start();
          for (let time = 0.5; time < 14; time += 0.5) {
            context.suspend(time).then(() => { look(time); context.resume(); });
          }
          const buffer = await context.startRendering();
          sound.keep(sound.wav(buffer));
          const { playing, end } = live;
          await live.stop();
          return { bars, playing, stopped: live.playing, end: end.bar };
        }"""
    )
    assert (told["playing"], told["stopped"]) == (True, False)
    bars = told["bars"]
    assert [bar["bar"] for bar in bars] == list(range(len(bars)))
    for before, after in pairwise(bars):
        assert after["at"] == pytest.approx(before["at"] + before["seconds"])
        assert abs(after["energy"] - before["energy"]) <= 0.15 + 1e-9
    changed = [bar for bar in bars if bar["energy"] < 0.79]
    assert 4 <= changed[0]["at"] <= 4 + 2 * bars[0]["seconds"] + 1.6
    assert bars[-1]["mode"] in MINOR_MODES
    assert told["end"] > bars[-1]["bar"]
    rate, samples = kept(page)
    heard = measure.loudness(samples[:, rate:], rate)
    assert heard.peak <= HIGHEST_DBTP
    assert heard.lufs == pytest.approx(LOUDNESS_LUFS, abs=TOLERANCE_LU + 1)
    assert measure.longest_silence(samples[:, rate:], rate) < 1


@pytest.mark.slow
def test_a_real_context_sounds_until_it_is_stopped(open_browser: Callable[..., Browser]) -> None:
    page = open_studio(open_browser(extra=SOUND_FLAGS[-1:]))
    page.evaluate(
        """() => {
          const context = new AudioContext();
          const ear = new AnalyserNode(context);
          ear.connect(context.destination);
          sound.live = new sound.LiveMoodSound(context, ear, { seed: 1, energy: 0.6 });
          sound.level = () => {
            const samples = new Float32Array(ear.fftSize);
            ear.getFloatTimeDomainData(samples);
            return Math.hypot(...samples) / Math.sqrt(samples.length);
          };
          sound.live.start();
        }"""
    )
    page.wait_for_function("sound.level() > 0.02 && sound.live.bar.bar >= 1", timeout=PATIENCE_MS)
    page.evaluate("sound.live.stop()")
    page.wait_for_function("sound.level() === 0", timeout=PATIENCE_MS)


@pytest.mark.slow
def test_the_command_writes_what_a_visitor_hears(tmp_path: Path) -> None:
    out = tmp_path / "calm.wav"
    command = [sys.executable, "-m", "tests.sound.render", "--valence", "-0.5", "--energy", "0.3"]
    told = subprocess.run(
        [*command, "--seed", "2", "--seconds", "5", str(out)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "aeolian" in told
    assert "77 beats a minute" in told
    rate, samples = wavfile.read(out)
    assert samples.shape == (5 * rate, 2)
    refused = subprocess.run(
        [*command[:-1], "1.5", str(out)], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "1.5 is not between 0 and 1" in refused.stderr


@pytest.mark.soak
def test_the_twelve_points_are_heard(tmp_path: Path) -> None:
    """Hold what docs/mood-sound.md says of the table."""
    command = [sys.executable, "-m", "tests.sound.table", "--json"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    (tmp_path / "table.json").write_text(told)
    result = json.loads(told)
    takes = result["takes"]
    assert len(takes) == 36
    for take in takes:
        assert take["lufs"] == pytest.approx(LOUDNESS_LUFS, abs=TOLERANCE_LU)
        assert take["peak"] <= HIGHEST_DBTP
        assert take["silence"] <= 2
        assert take["tempo"] == pytest.approx(take["asked_tempo"], rel=0.02)
    assert sum(take["key"] == take["asked_key"] for take in takes) >= KEYS_HEARD
    calm, lively = ([t["notes"] for t in takes if t["energy"] == e] for e in (0.2, 0.8))
    assert min(lively) > 2 * max(calm)
    assert result["energy_right"] >= ENERGY_RIGHT
    assert result["valence_right"] >= VALENCE_RIGHT
