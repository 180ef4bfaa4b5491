"""What every generated agent is held to: checks that are the same for all, given what one agent's schema says.

A generated test hands the library its declared data and the module that was generated of it. A module here is a
subject; each of its functions runs the checks of one declaration, by the `Checks` that it is given.
"""

from l9stack.agent.conformance.checks import ABSENT as ABSENT, Checks as Checks
