"""What every test shares: the profiles of hypothesis.

`ci` draws the same examples on every run, so that a red test is red for everyone; `dev` and
`torture` draw new ones (`pytest --hypothesis-profile=dev`). None has a deadline: a slow machine is
no fault.
"""

from hypothesis import settings

settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, max_examples=50)
settings.register_profile("dev", deadline=None)
settings.register_profile("torture", deadline=None, max_examples=5_000)
settings.load_profile("ci")
