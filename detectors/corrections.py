"""A person's own corrections of the expression model: counts, and how they move a reading.

A correction says that a face of theirs truly shows t whose reading lay in the cell r: led by one
emotion, at one of four levels of sureness. How often each t hides behind an r differs between
people; a person's shares are unknown, and their prior is a Dirichlet distribution with the
population's shares P(t | r) as mean and the weight of c = `CONCENTRATION` faces. After n(r, t)
corrections, their mean is (Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 3.4)

    P'(t | r) = (c P(t | r) + n(r, t)) / (c + Σ n(r, ·)).

Among the readings in r, the person is taken to differ from others in these shares only. Such a
shift of priors moves the probabilities p(t) of a reading in closed form (Saerens, Latinne &
Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural
Computation 14 (2002), equation 2.4):

    p'(t) ∝ p(t) P'(t | r) / P(t | r), with r the cell of p.

So a person's other expressions stay: a reading in another cell is not touched at all, and of those
in r, only those become t in which t was nearly as probable. `models.evaluate corrections` measures
it, and ``models/emotions.md`` has the figures.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from detectors.types import EMOTIONS, EmotionScores

# A reading's leading emotion and its level of sureness; and these with the true emotion.
Cell = tuple[str, int]
Answer = tuple[str, int, str]
# Probabilities of the leading emotion at which the next level of sureness begins. A person's face
# keeps to one or two: without levels, mending a neutral face that reads as sad costs 0.17 of the
# recall of sad faces, not 0.05.
LEVELS = (0.5, 0.6, 0.75)
# Faces of publictest by their cell, levels from the lowest, and label, in the order of `EMOTIONS`.
# Each face counts once by FER-2013 and once by the majority of FER+, for the app shows the mean of
# both heads (`models.evaluate corrections`).
POPULATION: Mapping[str, tuple[tuple[int, ...], ...]] = MappingProxyType(
    {
        "angry": (
            (45, 11, 12, 7, 14, 4, 15),
            (55, 3, 9, 4, 16, 8, 15),
            (97, 4, 8, 4, 10, 9, 9),
            (339, 7, 18, 1, 14, 4, 1),
        ),
        "disgust": (
            (5, 8, 0, 0, 2, 0, 1),
            (2, 6, 0, 0, 1, 0, 0),
            (5, 10, 0, 0, 0, 1, 2),
            (4, 22, 0, 1, 1, 0, 0),
        ),
        "fear": (
            (17, 0, 76, 4, 39, 12, 32),
            (11, 0, 21, 0, 5, 13, 2),
            (1, 1, 30, 0, 0, 5, 1),
            (0, 0, 61, 0, 4, 4, 1),
        ),
        "happy": (
            (7, 2, 0, 12, 4, 4, 7),
            (3, 2, 1, 34, 3, 4, 11),
            (3, 0, 3, 55, 5, 6, 24),
            (7, 1, 3, 1544, 10, 10, 37),
        ),
        "sad": (
            (11, 2, 48, 0, 121, 9, 75),
            (7, 2, 31, 0, 106, 0, 64),
            (2, 0, 22, 4, 132, 0, 52),
            (15, 1, 17, 0, 239, 0, 7),
        ),
        "surprise": (
            (7, 0, 14, 12, 3, 34, 10),
            (7, 0, 11, 12, 0, 46, 6),
            (2, 0, 16, 11, 5, 72, 6),
            (2, 0, 19, 8, 4, 588, 9),
        ),
        "neutral": (
            (51, 7, 51, 13, 108, 17, 233),
            (37, 3, 44, 10, 97, 12, 269),
            (28, 0, 37, 31, 79, 9, 317),
            (17, 0, 18, 23, 48, 2, 745),
        ),
    }
)
# One face more of each, so that what never occurred is rare, not impossible (Laplace).
MORE = 1
# The population's word weighs as much as that of so many corrections.
CONCENTRATION = 8.0
# More corrections of one kind count as this many: what changes later has a chance.
MOST_COUNTED = 20
# The odds between two emotions change by no more: a face that is read surely stays as it is read.
MOST_ODDS = 8.0


def cell_of(scores: EmotionScores) -> Cell:
    """Return the cell of a reading."""
    return scores.leading, bisect_right(LEVELS, scores.confidence)


@dataclass(frozen=True, slots=True)
class Corrections:
    """One person's corrections.

    Attributes
    ----------
    counts : number of times that each answer was given; where it names one emotion twice, a
        reading was confirmed. Others than of `EMOTIONS` and levels have no effect
    """

    counts: Mapping[Answer, int] = field(default_factory=lambda: MappingProxyType({}))

    def odds(self, cell: Cell) -> dict[str, float]:
        """Return by how much each emotion gains on the one that leads the readings of a cell.

        Each is 1 without corrections, and between 1 / `MOST_ODDS` and `MOST_ODDS` with any.
        """
        read, level = cell
        faces = [seen + MORE for seen in POPULATION[read][level]]
        gains = {}
        for truth, seen in zip(EMOTIONS, faces, strict=True):
            counted = min(max(self.counts.get((*cell, truth), 0), 0), MOST_COUNTED)
            gains[truth] = 1 + counted * sum(faces) / (CONCENTRATION * seen)
        own = gains[read]
        return {
            truth: min(max(gain / own, 1 / MOST_ODDS), MOST_ODDS) for truth, gain in gains.items()
        }

    def applied(self, scores: EmotionScores) -> EmotionScores:
        """Return a reading's scores as this person's; the same where no correction speaks of it."""
        cell = cell_of(scores)
        if not any(self.counts.get((*cell, truth)) for truth in EMOTIONS):
            return scores
        odds = self.odds(cell)
        shares = {name: share * odds[name] for name, share in scores.as_dict().items()}
        whole = sum(shares.values())
        # Rounding may lead a little above 1.
        own = {name: min(1.0, share / whole) for name, share in shares.items()}
        return EmotionScores(**own, contempt=scores.contempt)


UNCORRECTED = Corrections()
