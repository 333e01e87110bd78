"""``python -m bot.cli`` is ``plansync``."""

from bot.cli import main

if __name__ == "__main__":
    main()
