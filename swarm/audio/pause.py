"""How long the pauses are. Clips are trimmed, so this is nearly all the silence there is."""

from swarm.job.book import Pause

LENGTH_S = {
    Pause.CLAUSE: 0.15,
    Pause.SENTENCE: 0.35,
    Pause.PARAGRAPH: 0.65,
    Pause.HEADING: 0.9,
    Pause.SCENE: 1.2,
    Pause.CHAPTER: 2.0,
}
