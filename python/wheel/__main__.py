import sys

from tradewind import main

sys.exit(main())
