"""The names of tasks in Flower."""

from zettai.core.tasks import PERIODIC, TaskName
from zettai_worker.shown_tasks import NOT_SHOWN, SHOWN_NAMES


def test_each_task_has_a_name_of_its_own_that_says_what_it_does() -> None:
    names = {value for key, value in vars(TaskName).items() if key.isupper()}

    assert set(SHOWN_NAMES) == names
    assert len(set(SHOWN_NAMES.values())) == len(names)
    assert all(shown.startswith("tick_" if name in PERIODIC else "start_") for name, shown in SHOWN_NAMES.items())
    assert set(PERIODIC) > NOT_SHOWN
