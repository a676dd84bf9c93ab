"""Power cuts under load, three on each engine; crash_image.py has more."""
import crash_image
import fault
import tap

fault.check(crash_image, "power cuts under load: nothing acknowledged is lost")
tap.done()
