from swarm.commands.doctor import card_fault, driver_fault

FOR_CUDA_13 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120")


def test_a_driver_that_is_new_enough_is_no_fault() -> None:
    for driver, cuda in [("580.65", "13.0"), ("525.60.13", "12.8"), ("610", "13.2"), ("450.1", "11.8")]:
        assert not driver_fault(driver, cuda)


def test_a_driver_that_is_too_old_is_named_with_the_one_that_is_needed() -> None:
    assert driver_fault("570.86", "13.0") == "its CUDA 13.0 needs driver 580 or newer, and 570.86 is installed"
    assert driver_fault("470.1", "12.6")


def test_what_is_not_known_of_a_driver_is_no_fault() -> None:
    for driver, cuda in [("", "13.0"), ("570.86", ""), ("[N/A]", "13.0"), ("570.86", "99.0")]:
        assert not driver_fault(driver, cuda)


def test_a_card_of_a_generation_that_torch_was_built_for_is_no_fault() -> None:
    for capability in ["7.5", "8.0", "8.9", "9.0", "10.3", "12.0", "12.1", "13.0"]:
        assert not card_fault(capability, FOR_CUDA_13)


def test_a_card_that_is_too_old_is_named_with_what_is_needed() -> None:
    for capability in ["6.1", "7.0"]:
        fault = f"it has compute capability {capability}, and this torch is for 7.5 and newer ones"
        assert card_fault(capability, FOR_CUDA_13) == fault


def test_what_is_not_known_of_a_card_is_no_fault() -> None:
    for capability, archs in [("", FOR_CUDA_13), ("6.1", ()), ("gfx1100", FOR_CUDA_13), ("6.1", ("gfx90",))]:
        assert not card_fault(capability, archs)
