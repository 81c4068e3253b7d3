"""Every story of the gallery under the real engine: it prints what its folder promises, and is quiet the next time."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.gallery import EXAMPLES, Story, normalised, stories

# The one with azure-native is told in every run of the tests, the others in `make test-all`.
ALWAYS = "azure-native"
STORIES = [
    pytest.param(story, id=story.name, marks=() if story.name == ALWAYS else pytest.mark.slow) for story in stories()
]


def test_every_folder_has_its_words_its_output_and_its_line_in_the_list() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert ALWAYS in {story.name for story in stories()}
    for story in stories():
        assert (story.folder / "README.md").is_file(), story.name
        assert story.expected.is_file(), story.name
        assert f"`{story.name}/`" in listed, story.name


@pytest.mark.parametrize("story", STORIES)
def test_a_story_prints_what_it_promises_and_has_nothing_to_do_then(story: Story, tmp_path: Path) -> None:
    with story.told(tmp_path) as (stack, azure):
        before = azure.patch_settings()
        # What does not depend on each other may come in any order.
        told = sorted(normalised(stack.up(skip_preview=False).output).splitlines())
        assert told == sorted(story.expected.read_text(encoding="utf-8").splitlines())
        stored = stack.stored_inputs()
        assert stack.up("--expect-no-changes").changed == {}
        stack.refresh()
        assert stack.up("--expect-no-changes").changed == {}
        # For each resource whose inputs are others than before the engine would write the whole stack once more.
        assert stack.stored_inputs() == stored
        assert set(stack.destroy().changed) == {"deleted"}
        assert azure.patch_settings().keys() == before.keys()


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES)
def test_the_program_of_a_story_has_the_types_that_it_is_shown_with(story: Story) -> None:
    program = story.folder / "__main__.py"
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", program], cwd=EXAMPLES.parent, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
