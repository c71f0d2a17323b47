"""Read what there is of a JPEG, PNG or WEBP file that was cut short or damaged."""

from PIL import Image, ImageFile
from PIL.ImageFile import ImageFile as OpenedFile

from detectors.errors import BadImage
from detectors.pictures.limits import PROGRESSIVE, SCAN, jpeg_segments
from detectors.types import MIN_FRAME_SIDE

# Minimum share of a picture that must be there: its rows, the bytes of a WEBP, the tiles of a HEIC.
LEAST_SHARE = 0.9
_END = b"\xff\xd9"
_COEFFICIENTS = 64
# Rows that are not there are mid-grey: libjpeg makes them so, and other pictures are filled with it
# before. Inks are inverted.
_EMPTY = frozenset((127, 128))
_DEEP_GREY = 128 * 257


def completed(content: bytes) -> bytes:
    """Return the file with an end at which its decoder gives what it has.

    Raises
    ------
    BadImage
        When too much is missing for a picture of all rows.
    """
    if content.startswith(b"RIFF"):
        size = int.from_bytes(content[4:8], "little") + 8
        if len(content) < LEAST_SHARE * size:
            raise BadImage("picture-damaged")
        # Its decoder takes whole files only; zeros become a few odd blocks at the end.
        return content + bytes(size - len(content))
    if content.startswith(b"\xff\xd8"):
        if not _is_refined(content):
            raise BadImage("picture-damaged")
        return content + _END
    return content


def _is_refined(content: bytes) -> bool:
    """Return whether no more than the end of a progressive JPEG's last scan can be missing.

    Each scan of it goes over all pixels, so that rows say nothing. A complete file gives each
    coefficient of each colour its last bit. True for a baseline JPEG.
    """
    missing: dict[int, list[int]] = {}
    for code, place, _ in jpeg_segments(content):
        if code == PROGRESSIVE:
            ids = content[place + 8 :: 3][: content[place + 7]]
            missing = {colour: [1] * _COEFFICIENTS for colour in ids}
        elif code == SCAN and missing:
            end = place + 3 + 2 * content[place + 2]
            first, last, bits = content[end : end + 3]
            for colour in content[place + 3 : end : 2]:
                missing[colour][first : last + 1] = [bits & 15] * (last + 1 - first)
    return not any(map(any, missing.values()))


def load_what_is_there(picture: OpenedFile) -> None:
    """Decode an opened picture, and leave rows that are not there as they are.

    Raises
    ------
    BadImage
        When less than `LEAST_SHARE` of the rows are there.
    """
    _, height = picture.size
    if picture.mode == "1":  # it has no grey
        raise BadImage("picture-damaged")
    deep = picture.mode.startswith("I")
    grey = _DEEP_GREY if deep else (128,) * len(picture.getbands())
    picture.im = Image.new(picture.mode, picture.size, grey).im
    # Pillow has this switch for all of a process, and a worker decodes one picture at a time.
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        picture.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    edge = picture.crop((0, 0, MIN_FRAME_SIDE, height)).tobytes()
    step = len(edge) // height
    rows = (edge[at : at + step] for at in range(0, len(edge), step))
    if sum(not _EMPTY.issuperset(row) for row in rows) < LEAST_SHARE * height:
        raise BadImage("picture-damaged")
