# SPDX-License-Identifier: GPL-3.0-or-later
#
# Build of mp. The user owns CC, CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS, PREFIX
# and DESTDIR; what the project needs is in OUR_*. Everything made goes under
# $(O), so that variants do not mix. Sources are found: a new command, module,
# test or page needs no line here.
#
#	make			the commands, in build/bin
#	make check		every test and lint, as scripts/check does
#	make test		the quick part of it
#	make install		PREFIX=/usr/local DESTDIR=
#	make SANITIZE=address,undefined O=build/asan units

O = build
CC = gcc
CFLAGS = -O2 -g
PREFIX = /usr/local
DESTDIR =
BINDIR = $(PREFIX)/bin
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
VERSION = 0.1
FUZZ_SECONDS = 10
MAKEFLAGS += --no-builtin-rules

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

MODULES := $(shell awk '!/^(\#|$$)/ { print $$1 }' lib/LAYERS)
LIB_SRC := $(sort $(foreach m,$(MODULES),$(wildcard lib/$(m)/*.c)))
CMD_SRC := $(sort $(wildcard cmd/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*.c))
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(O)/%.o)
COMMANDS := $(CMD_SRC:cmd/%.c=$(O)/bin/%)
UNITS := $(UNIT_SRC:tests/unit/%.c=$(O)/unit/%)
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=$(O)/fuzz/%)
BENCHES := $(BENCH_SRC:tests/bench/%.c=$(O)/bench/%)
MAN := $(sort $(wildcard man/*.[1-8]))
NAMES := $(CMD_SRC:cmd/%.c=%)

# What clean and uninstall need no compiler for.
NO_BUILD := clean uninstall dist
ifneq ($(filter-out $(NO_BUILD),$(or $(MAKECMDGOALS),all)),)

PACKAGES = tdb liblz4 libcrypto libsodium gumbo gmime-3.0 gpgme libseccomp
PKG_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags $(PACKAGES)))
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES)) -lstemmer -lunistring

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings \
	-Wundef -Wvla -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
MAYBE = -Wlogical-op -Wduplicated-cond -Wtrampolines -Walloca \
	-Wcomma -Wassign-enum
ifdef SANITIZE
MAYBE += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -DMP_SANITIZE
else
MAYBE += -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero
endif
try = $(shell printf 'int x;' | $(CC) -Werror -O2 $(1) -x c -c \
	-o /dev/null - 2>/dev/null && echo "$(1)")
MAYBE_OK := $(foreach f,$(MAYBE),$(call try,$(f)))
endif

OUR_CPPFLAGS = -Ilib -D_GNU_SOURCE -DMP_VERSION='"$(VERSION)"' \
	-include base/banned.h $(PKG_CFLAGS)
OUR_CFLAGS = -std=c17 -fPIE -pthread $(WARNINGS) $(MAYBE_OK) \
	-ffile-prefix-map=$(CURDIR)=.
OUR_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack \
	-Wl,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE))

COMPILE = $(CC) -MMD -MP $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS)
LINK = $(CC) $(OUR_LDFLAGS) $(CFLAGS) $(LDFLAGS)
LIBS = $(O)/libmp.a $(PKG_LIBS) $(LDLIBS)

all: $(COMMANDS)
units: $(UNITS)
fuzzers: $(FUZZERS)
benches: $(BENCHES)

# Objects depend on how they are compiled, not only on what. What WERROR
# refuses it refuses before there is an object.
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(COMPILE) : $(LINK) $(PKG_LIBS) $(LDLIBS))' | \
		cmp -s - $@ || \
	echo '$(subst ','\'',$(COMPILE) : $(LINK) $(PKG_LIBS) $(LDLIBS))' >$@

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D)
	$(COMPILE) $(if $(WERROR),-Werror) -c -o $@ $<

$(O)/libmp.a: $(LIB_OBJ)
	@rm -f $@
	ar Dcr $@ $(LIB_OBJ)

$(O)/bin/%: $(O)/cmd/%.o $(O)/libmp.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(LIBS)

$(O)/unit/%: $(O)/tests/unit/%.o $(O)/libmp.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(LIBS)

$(O)/bench/%: $(O)/tests/bench/%.o $(O)/libmp.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $< $(LIBS)

# With libFuzzer a target brings its own main, else it replays its corpus.
FUZZ_MAIN = $(if $(findstring fuzzer,$(SANITIZE)),,$(O)/tests/lib/replay.o)
$(O)/fuzz/%: $(O)/tests/fuzz/%.o $(O)/tests/lib/replay.o $(O)/libmp.a
	@mkdir -p $(@D)
	$(LINK) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) -o $@ $< $(FUZZ_MAIN) \
		$(LIBS)

asan:
	$(MAKE) O=$(O)/asan SANITIZE=address,undefined CFLAGS='-O1 -g' \
		all units fuzzers

# Fuzz each target for FUZZ_SECONDS; findings land in build/fuzz/found.
fuzz:
	$(MAKE) O=$(O)/fuzz CC=clang CFLAGS='-O1 -g' \
		SANITIZE=address,undefined,fuzzer-no-link fuzzers
	scripts/fuzz $(O)/fuzz $(FUZZ_SECONDS)

check:
	scripts/check

test: all units fuzzers
	scripts/check --quick

bench: all benches
	scripts/bench

lint: all
	scripts/check --lint

analyze:
	scripts/check --analyze

cover:
	scripts/cover $(O)/cover

$(O)/completion/mp.%: scripts/completions $(COMMANDS)
	@mkdir -p $(@D)
	scripts/completions $* $(O)/bin >$@

COMPLETIONS = $(O)/completion/mp.bash $(O)/completion/mp.zsh \
	$(O)/completion/mp.fish
completions: $(COMPLETIONS)

# The tutorial is the README, as plain text.
README: man/mp.7
	mandoc -Tutf8 -Owidth=78 $< | col -bx >$@

BASH_DIR = $(DESTDIR)$(DATADIR)/bash-completion/completions
ZSH_DIR = $(DESTDIR)$(DATADIR)/zsh/site-functions
FISH_DIR = $(DESTDIR)$(DATADIR)/fish/vendor_completions.d
man_path = $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

# Both shells look completions up by the name of the command.
install: all completions
	install -d $(DESTDIR)$(BINDIR) $(BASH_DIR) $(ZSH_DIR) $(FISH_DIR)
	install -m 755 $(COMMANDS) $(DESTDIR)$(BINDIR)
	$(foreach page,$(MAN),install -D -m 644 $(page) \
		$(call man_path,$(page)) &&) true
	install -m 644 $(O)/completion/mp.bash $(BASH_DIR)/mp
	install -m 644 $(O)/completion/mp.zsh $(ZSH_DIR)/_mp
	install -m 644 $(O)/completion/mp.fish $(FISH_DIR)/mp.fish
	$(foreach name,$(filter-out mp,$(NAMES)),\
		ln -sf mp $(BASH_DIR)/$(name) && \
		ln -sf mp.fish $(FISH_DIR)/$(name).fish &&) true

uninstall:
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(NAMES)) \
		$(foreach page,$(MAN),$(call man_path,$(page))) \
		$(addprefix $(BASH_DIR)/,mp $(NAMES)) $(ZSH_DIR)/_mp \
		$(addsuffix .fish,$(addprefix $(FISH_DIR)/,mp $(NAMES)))

dist:
	@mkdir -p $(O)
	git archive --format=tar --prefix=mp-$(VERSION)/ HEAD | \
		gzip -9n >$(O)/mp-$(VERSION).tar.gz

clean:
	rm -rf $(O)

FORCE:

.PHONY: all units fuzzers benches asan fuzz check test bench lint analyze \
	cover completions install uninstall dist clean FORCE

-include $(LIB_OBJ:.o=.d) $(CMD_SRC:%.c=$(O)/%.d) \
	$(UNIT_SRC:%.c=$(O)/%.d) $(FUZZ_SRC:%.c=$(O)/%.d) \
	$(BENCH_SRC:%.c=$(O)/%.d) $(O)/tests/lib/replay.d
