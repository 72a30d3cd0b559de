from swarm.lease.message import ANY, CPU, GPU, Device, fitting, slot_kinds

MIXED = (Device("cuda:0", slots=1), Device("cpu", slots=2))


def test_slots_are_numbered_in_the_order_of_the_devices() -> None:
    assert slot_kinds(MIXED, 3) == (GPU, CPU, CPU)
    assert slot_kinds((Device("mps", slots=2),), 2) == (GPU, GPU)


def test_slots_of_which_no_device_is_told_are_of_any_kind() -> None:
    assert slot_kinds((Device("cuda:0"), Device("cpu")), 2) == (ANY, ANY)
    assert slot_kinds((), 1) == (ANY,)


def test_no_device_has_more_slots_than_the_worker() -> None:
    assert slot_kinds((Device("cuda:0", slots=2**50), Device("cpu", slots=2**50)), 2) == (GPU, GPU)


def test_a_job_is_for_the_slots_of_its_kind_and_for_all_where_there_is_none() -> None:
    kinds = (GPU, CPU, CPU)
    assert [fitting(kinds, kind) for kind in (GPU, CPU, ANY)] == [{0}, {1, 2}, {0, 1, 2}]
    assert fitting((CPU, CPU), GPU) == fitting((CPU, CPU), "tpu") == {0, 1}
    assert fitting((ANY, ANY), GPU) == {0, 1}
