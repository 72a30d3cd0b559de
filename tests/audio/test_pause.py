from swarm.audio.reel import LENGTH_S
from swarm.job.book import Pause


def test_every_pause_has_a_length_and_they_grow_with_what_they_stand_for() -> None:
    order = [Pause.CLAUSE, Pause.SENTENCE, Pause.PARAGRAPH, Pause.HEADING, Pause.SCENE, Pause.CHAPTER]
    assert set(order) == set(Pause)
    lengths = [LENGTH_S[pause] for pause in order]
    assert lengths == sorted(set(lengths))
