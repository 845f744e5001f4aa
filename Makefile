# SPDX-License-Identifier: GPL-3.0-or-later
#
# Build of mp. The user owns CC, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX, DESTDIR;
# what the project needs is in OUR_*. Everything made goes under $(O).

O = build
CC = gcc
CFLAGS = -O2 -g
PREFIX = /usr/local
DESTDIR =
MAKEFLAGS += --no-builtin-rules

.DELETE_ON_ERROR:
.SUFFIXES:

MODULES := $(shell awk '!/^(\#|$$)/ { print $$1 }' lib/LAYERS)
LIB_SRC := $(sort $(foreach m,$(MODULES),$(wildcard lib/$(m)/*.c)))
CMD_SRC := $(sort $(wildcard cmd/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(O)/%.o)
COMMANDS := $(CMD_SRC:cmd/%.c=$(O)/bin/%)
UNITS := $(UNIT_SRC:tests/unit/%.c=$(O)/unit/%)
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=$(O)/fuzz/%)
MAN := $(sort $(wildcard man/*.[1-8]))

PACKAGES = tdb liblz4 libcrypto libsodium gumbo gmime-3.0 gpgme libseccomp
ifeq ($(filter clean uninstall,$(MAKECMDGOALS)),)
PKG_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags $(PACKAGES)))
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES)) -lstemmer -lunistring
endif

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings \
	-Wundef -Wvla -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
HARDENING = -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero
ifdef SANITIZE
HARDENING = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -DMP_SANITIZE
endif
try = $(shell printf 'int x;' | $(CC) -Werror $(1) -x c -c -o /dev/null - \
	2>/dev/null && echo "$(1)")
ifeq ($(filter clean uninstall,$(MAKECMDGOALS)),)
HARDENING_OK := $(foreach f,$(HARDENING),$(call try,$(if \
	$(findstring FORTIFY,$(f)),-O2 $(f),$(f))))
endif

OUR_CPPFLAGS = -Ilib -D_GNU_SOURCE -DMP_VERSION='"$(VERSION)"' \
	-include base/banned.h $(PKG_CFLAGS)
OUR_CFLAGS = -std=c17 -fPIE -pthread $(WARNINGS) $(HARDENING_OK) \
	$(if $(WERROR),-Werror) -ffile-prefix-map=$(CURDIR)/=
OUR_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack \
	-Wl,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE))
VERSION = 0.1

all: $(COMMANDS)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) -MMD -MP $(OUR_CPPFLAGS) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) \
		-c -o $@ $<

$(O)/libmp.a: $(LIB_OBJ)
	@rm -f $@
	ar Dcr $@ $(LIB_OBJ)

LINK = $(CC) $(OUR_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/libmp.a \
	$(PKG_LIBS)

$(O)/bin/%: $(O)/cmd/%.o $(O)/libmp.a
	@mkdir -p $(@D)
	$(LINK)

$(O)/unit/%: $(O)/tests/unit/%.o $(O)/libmp.a
	@mkdir -p $(@D)
	$(LINK)

units: $(UNITS)

clean:
	rm -rf $(O)

.PHONY: all units clean
.SECONDARY:

-include $(LIB_OBJ:.o=.d) $(CMD_SRC:%.c=$(O)/%.d) $(UNIT_SRC:%.c=$(O)/%.d)
