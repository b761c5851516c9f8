"""The three images of functions are one recipe; what it says of a function is what functions.yaml says."""

import re

import pytest

from finq_local.functions import load_functions
from finq_local.stack.layout import PROJECT

FUNCTIONS = {
    spec.package: spec
    for spec in load_functions(PROJECT / "functions.yaml").functions.values()
    if spec.package != "zip"
}


def dockerfile(package: str) -> str:
    return (PROJECT / "images" / package / "Dockerfile").read_text(encoding="utf-8")


def test_every_package_has_its_image():
    of_the_local_stack = {"gateway", "cognito"}
    made = {path.parent.name for path in PROJECT.glob("images/*/Dockerfile")}
    assert made == {*FUNCTIONS, "zip"} | of_the_local_stack


@pytest.mark.parametrize("package", FUNCTIONS)
def test_it_installs_and_starts_what_functions_yaml_names(package):
    text, function = dockerfile(package), FUNCTIONS[package]
    assert f'CMD ["{function.handler}"]' in text
    assert re.findall(r"locks/(finkurn-[\w-]+)\.txt", text) == [function.name]
    assert f'org.opencontainers.image.title="{function.name}"' in text


def test_the_recipe_is_one():
    def recipe(package: str) -> str:
        function = FUNCTIONS[package]
        text = dockerfile(package).replace(function.name, "NAME").replace(function.handler, "HANDLER")
        return re.sub(r'(description=").*"', r'\1"', text.replace(f"images/{package}/", "images/IMAGE/"))

    assert len({recipe(package) for package in FUNCTIONS}) == 1
