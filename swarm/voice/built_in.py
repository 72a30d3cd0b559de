"""The one place that lists the engines that come with e2a-swarm; other packages bring theirs as entry points."""

# Where each engine is, as "module:object", by its name, in the order in which they are listed and preferred.
BUILT_IN = {
    "hibari": "swarm.voice.hibari.engine:engine",
    "espeak": "swarm.voice.espeak.engine:engine",
    "metronome": "swarm.voice.metronome.engine:engine",
    "coqui": "swarm.voice.coqui.engine:engine",
}

# Modules with OPTIONS and LICENCES that these engines add to the command line. They import nothing that takes time.
OPTIONS = {"coqui": "swarm.voice.coqui.options"}
