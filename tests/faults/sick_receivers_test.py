"""Hostile receivers, four of each of twenty kinds, while other mail flows; sick_receivers.py has a
thousand."""
import fault
import sick_receivers
import tap

fault.check(sick_receivers, "hostile receivers: each recipient in its true state, and other mail "
            "flows on")
tap.done()
