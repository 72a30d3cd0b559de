"""The options of Coqui's models, named as in ebook2audiobook, and the licence of XTTS."""

from swarm.voice.built_in import EngineOption, Licence, MachineOption

CPML = "CPML"  # the Coqui Public Model License, for non-commercial use only
ENV_LICENCE = "COQUI_TOS_AGREED"  # the variable that Coqui itself reads

OPTIONS = (
    EngineOption("half", "half precision on GPUs (XTTS)", switch=True),
    EngineOption("deepspeed", "DeepSpeed on GPUs (XTTS), if it is installed", switch=True),
    EngineOption("temperature"),
    EngineOption("length_penalty"),
    EngineOption("num_beams"),
    EngineOption("repetition_penalty"),
    EngineOption("top_k"),
    EngineOption("top_p"),
)
LICENCES = (Licence(CPML, "the Coqui Public Model License of XTTS: non-commercial use only", ENV_LICENCE),)
MACHINE_OPTIONS: tuple[MachineOption, ...] = ()
