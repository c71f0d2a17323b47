"""What is no music, and music files that point to other files."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest

from detectors.errors import BadAudio
from detectors.hearing import audio_container
from detectors.hearing.audio import read_audio
from detectors.hearing.audio_container import OPTIONS, AnonymousFile, opened
from tests.fakes.sounds import KINDS, encode, pad, write


def test_a_missing_file_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    for path in (tmp_path / "none.mp3", tmp_path, tmp_path / "pipe.mp3", Path("a\0b.mp3")):
        with pytest.raises(BadAudio, match=r"^audio-(no-file|missing)$"):
            read_audio(path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", bytes(5000), b"ID3", b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVE",
                b"\0\0\0\x14ftypM4A ", b"\xff\xfb\x90\x64", b"FORM\0\0\0\0AIFF", b"<svg/>"],
)  # fmt: skip
def test_what_is_no_music_is_refused(content: bytes) -> None:
    with pytest.raises(BadAudio):
        read_audio(content)


def test_another_kind_of_music_is_refused() -> None:
    assert ".tta" in KINDS
    with pytest.raises(BadAudio, match="audio-unread-kind"):
        read_audio(encode(pad(2), ".tta"))


def test_another_codec_in_a_known_container_is_refused() -> None:
    with pytest.raises(BadAudio, match="audio-unread-codec"):
        read_audio(encode(pad(2), ".wav", codec="adpcm_ms"))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 64
        for _ in range(20):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        file.mux(stream.encode(None))
    return path


def test_a_film_without_sound_is_refused(film: Path) -> None:
    with pytest.raises(BadAudio, match="audio-no-sound"):
        read_audio(film)


def test_pictures_are_not_decoded_even_to_find_out_what_they_are(film: Path) -> None:
    """Only a decoder knows the layout of the pixels; ours may not run."""
    with av.open(str(film)) as unlimited:
        assert unlimited.streams.video[0].codec_context.pix_fmt is not None
    with film.open("rb") as file, opened(file, film.stat().st_size) as container:
        assert container.streams.video[0].codec_context.pix_fmt is None


# --- files that point to other files ---


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return write(tmp_path / "target.aac", pad(12))


def hls(target: Path) -> str:
    return (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:12\n#EXT-X-MEDIA-SEQUENCE:0\n"
        f"#EXTINF:12,\n{target.name}\n#EXT-X-ENDLIST\n"
    )


def concat(target: Path) -> str:
    return f"ffconcat version 1.0\nfile {target.name}\n"


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp3", "list.txt"])
@pytest.mark.parametrize("script", [hls, concat])
def test_a_playlist_opens_nothing(script: object, name: str, target: Path) -> None:
    assert callable(script)
    path = target.with_name(name)
    path.write_text(script(target))
    for source in (path, path.read_bytes()):
        with pytest.raises(BadAudio, match="audio-unread-kind"):
            read_audio(source)


@pytest.mark.parametrize(("script", "name"), [(hls, "list.m3u8"), (concat, "list.ffconcat")])
def test_such_a_playlist_would_open_it_without_our_limits(
    script: object, name: str, target: Path
) -> None:
    assert callable(script)
    path = target.with_name(name)
    path.write_text(script(target))
    with av.open(str(path)) as unlimited:
        assert unlimited.streams.audio


@pytest.mark.parametrize("script", [hls, concat])
def test_a_container_that_asks_for_another_file_gets_none(
    script: object, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further fences, should a container that is let in ever ask."""
    assert callable(script)
    asked: list[object] = []

    def refuse(*request: object) -> None:
        asked.append(request[0])
        real(*request)

    real = audio_container.deny_open
    # libav takes nothing for HLS that is not called so.
    monkeypatch.setattr(AnonymousFile, "name", "list.m3u8", raising=False)
    monkeypatch.chdir(target.parent)
    monkeypatch.setattr(audio_container, "deny_open", refuse)
    monkeypatch.setitem(OPTIONS, "format_whitelist", "concat,hls,aac")
    monkeypatch.setitem(OPTIONS, "allowed_extensions", "ALL")
    with pytest.raises(BadAudio):
        read_audio(script(target).encode())
    assert asked or script is concat  # which asks libav directly, and that knows no protocol
