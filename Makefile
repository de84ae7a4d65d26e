# SPDX-License-Identifier: GPL-3.0-or-later
# fokker: one non-recursive Makefile. `make help` lists the targets.
#
# Objects lie under build/MODE/, so that the modes never disturb one another. A file is found by the
# room that it lies in: every tools/*.c and experiments/*.c is a command (NAME_part.c is linked into the
# command NAME, common_part.c into all commands of its room), every demos/*.c a demo, every
# tests/check_*.c a test program, every *_kernel.c is compiled once per instruction set, and all the
# rest is the library.

MODE ?= release
B    := build/$(MODE)
D    := $B
CC   ?= cc

PKGS := gsl mpfr fftw3 jansson
ROOMS := core schedules sde ode analytic learn claims

FLAGS_release := -O2
FLAGS_debug   := -O0
FLAGS_asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_ubsan   := -O1 -fsanitize=undefined -fno-sanitize-recover=all
FLAGS_tsan    := -O1 -fsanitize=thread
FLAGS_cov     := -O0 --coverage
ifeq ($(FLAGS_$(MODE)),)
  $(error MODE=$(MODE) is not one of release debug asan ubsan tsan cov)
endif

# ThreadSanitizer sees no barrier of an OpenMP runtime that is not instrumented, as gcc's is, and takes
# what they order for races. LLVM's runtime tells it, through Archer: make CC=clang MODE=tsan check
ifeq ($(MODE),tsan)
  export OMP_TOOL_LIBRARIES := $(shell $(CC) -print-file-name=libarcher.so)
  export TSAN_OPTIONS := ignore_noninstrumented_modules=1
endif

# MPI=1: the commands, linked with the one file that knows of MPI, lie under build/MODE-mpi/; all else
# is the same. mpicc is OpenMPI's or MPICH's.
ifeq ($(MPI),1)
  ifeq ($(shell command -v mpicc),)
    $(error MPI=1 needs mpicc: install libopenmpi-dev and openmpi-bin, or libmpich-dev and mpich)
  endif
  D     := $B-mpi
  RANKS := $D/core/ranks.o
  LD    := OMPI_CC=$(CC) MPICH_CC=$(CC) mpicc
else
  LD    := $(CC)
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wvla -Werror
# No contraction of a*b+c behind our back: fused operations are written out, so that every compiler and
# every instruction set gives the same bits.
CFLAGS_ALL = -std=c11 -D_POSIX_C_SOURCE=200809L -g $(FLAGS_$(MODE)) $(WARN) -ffp-contract=off \
             -fopenmp -I. -MMD -MP $(shell pkg-config --cflags $(PKGS)) $(CFLAGS) $(DEFINES)
LDLIBS_ALL = $(shell pkg-config --libs $(PKGS)) -lm $(LDLIBS)

# Kernels: one source, one object per instruction set, chosen at run time (core/isa.h). They need
# vector code (-O3) and two relaxations to get it: sqrt without errno, and selects without traps.
# (Below -O2 clang vectorises nothing, and would say so of every loop.)
ISAS := portable $(if $(filter x86_64 amd64,$(shell uname -m)),avx2 avx512)
FLAGS_portable :=
FLAGS_avx2     := -mavx2 -mfma
FLAGS_avx512   := -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma -mprefer-vector-width=512
FLAGS_kernel   := $(if $(filter release,$(MODE)),-O3 -DFK_FLATTEN,-Wno-pass-failed) -fno-math-errno -fno-trapping-math

# The objects of sources: one each, of a kernel one per instruction set.
objects  = $(foreach f,$1,$(if $(filter %_kernel.c,$f),$(ISAS:%=$(f:%.c=$B/%).%.o),$(f:%.c=$B/%.o)))
OBJ     := $(call objects,$(wildcard $(ROOMS:%=%/*.c))) $B/registry.o
COMMANDS := $(foreach c,$(wildcard tools/*.c experiments/*.c),$(if $(findstring _,$(notdir $c)),,$c))
BIN     := $(foreach c,$(COMMANDS),$D/fokker-$(basename $(notdir $c)))
DEMOS   := $(patsubst demos/%.c,$B/demo-%,$(wildcard demos/*.c))
CHECKS  := $(patsubst %.c,$B/%,$(wildcard tests/check_*.c))
SCRIPTS := $(wildcard tests/*.py tests/*.sh)

.PHONY: all fokker demo demos check verify moments ulps figures layers format bench install clean help
.PRECIOUS: $B/%.o
.DELETE_ON_ERROR:

all: $D/fokker $(BIN) $(DEMOS) ## build everything (default)
	$(if $(filter release,$(MODE)),@ln -sfn $D/fokker fokker)
fokker: all

$B/libfokker.a: $(OBJ)
	@rm -f $@; $(AR) rcs $@ $^

$D/fokker: $B/fokker.o $(RANKS) $B/libfokker.a
	$(LINK)
define COMMAND
$D/fokker-$(basename $(notdir $1)): $(RANKS) $(call objects,$1 $(wildcard $(1:.c=_*.c) $(dir $1)common_*.c)) $B/libfokker.a
	$$(LINK)
endef
$(foreach c,$(COMMANDS),$(eval $(call COMMAND,$c)))
$B/demo-%: $B/demos/%.o $B/libfokker.a
	$(LINK)
$B/tests/check_%: $B/tests/check_%.o $B/libfokker.a
	$(LINK) $(shell pkg-config --libs check)
$B/tests/check_network $B/tests/check_implicit: $B/tests/network_double.o
$B/tests/check_bench: $(call objects,$(patsubst %,tools/bench_%.c,race schemes run mixture em scalar peer scalar_kernel openmp_kernel))
$B/tests/random_words $B/tests/ulps: %: %.o $B/libfokker.a
	$(LINK)

LINK = @echo "  link $@"; $(LD) -fopenmp $(FLAGS_$(MODE)) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS_ALL)
COMPILE = @mkdir -p $(@D); echo "  cc   $@"; $(CC) $(CFLAGS_ALL)

$B/%.o: %.c
	$(COMPILE) -c -o $@ $<
$B-mpi/core/ranks.o: core/ranks.c
	@mkdir -p $(@D); echo "  cc   $@"; $(LD) $(CFLAGS_ALL) -DFK_MPI -c -o $@ $<
define KERNEL
$B/%_kernel.$1.o: %_kernel.c
	$$(COMPILE) $$(FLAGS_kernel) $$(FLAGS_$1) -DFK_ISA=$1 -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call KERNEL,$i)))
# bench --json tells how the lab was compiled.
flags = '-DBENCH_$1="$(subst ",\",$(strip $2))"'
$B/tools/bench_json.o: DEFINES = $(call flags,FLAGS,$(FLAGS_$(MODE)) -ffp-contract=off -fopenmp $(CFLAGS)) \
  $(call flags,KERNEL_FLAGS,$(FLAGS_kernel))
# The baselines of fokker bench, as other programs would be compiled: for any machine, or for this one.
# (Linked with -ffast-math, they would flush the whole process's subnormals to zero.)
$B/tools/bench_scalar_kernel.%.o: FLAGS_kernel := -O3 -ffp-contract=fast
$B/tools/bench_scalar_kernel.portable.o: FLAGS_kernel := -O2
$B/tools/bench_openmp_kernel.%.o: FLAGS_kernel := -O3 -ffast-math -ffp-contract=fast -Wno-pass-failed

demo: all ## draw the SDE-versus-ODE band figure into out/band/
	$D/fokker band

check: all $(CHECKS) ## unit tests, cross-checks in Python, layers
	@FOKKER_BUILD=$D sh tests/run $(filter --fail-fast,$(VERIFY_FLAGS)) $(CHECKS) $(SCRIPTS)

demos: all ## run the teaching demos; figures into out/demos/
	@for d in $(DEMOS); do $$d || exit; done

# VERIFY_FLAGS are options of `fokker verify`; --fail-fast stops the tests before it at once, too.
verify: check demos ## unit tests, demos, then every claim and number; out/verify/
	@mkdir -p out/verify
	$D/fokker verify --json out/verify/ledger.json --junit out/verify/junit.xml $(VERIFY_FLAGS)
	@FOKKER=$D/fokker python3 tests/notes.py out/verify/ledger.json

moments: all ## every scheme's law against four million particles (minutes)
	FOKKER=$D/fokker FOKKER_MOMENTS_N=4000000 python3 tests/moments.py

ulps: $B/tests/ulps ## errors of the elementary functions over 1e9 arguments each (minutes)
	$<

figures: all ## every experiment's figure into out/
	for e in $(basename $(notdir $(filter experiments/%,$(COMMANDS)))); do $D/fokker $$e || exit; done

layers: ## fail on an include that points up or through a wall
	@sh tests/layers

format: ## clang-format every source
	clang-format -i $(wildcard *.[ch] */*.[ch])

bench: all ## speed, as ratios against baselines in the same run
	$D/fokker bench

PREFIX ?= /usr/local
LIB     = $(DESTDIR)$(PREFIX)/lib
INCLUDE = $(DESTDIR)$(PREFIX)/include/fokker
HEADERS := fokker.h registry.h $(wildcard $(ROOMS:%=%/*.h))
install: all ## install the commands, library and headers below PREFIX
	install -d $(LIB)/fokker/plots $(LIB)/pkgconfig $(DESTDIR)$(PREFIX)/bin $(sort $(dir $(HEADERS:%=$(INCLUDE)/%)))
	install $D/fokker $(BIN) $(LIB)/fokker
	install -m 644 plots/*.gp $(LIB)/fokker/plots
	install -m 644 tools/*.py paper_notes.md $(LIB)/fokker
	install -m 644 $B/libfokker.a $(LIB)
	sed 's/@PKGS@/$(PKGS)/; s/@VERSION@/$(shell sed -n 's/.*FK_VERSION "\(.*\)"/\1/p' core/cli.h)/' fokker.pc.in >$(LIB)/pkgconfig/fokker.pc
	for h in $(HEADERS); do install -m 644 $$h $(INCLUDE)/$$h || exit; done
	ln -sfn ../lib/fokker/fokker $(DESTDIR)$(PREFIX)/bin/fokker

clean: ## remove what was built (out/ stays)
	rm -rf build fokker

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | expand -t 10
	@echo "MPI=1 for mpirun; MODE=release debug asan ubsan tsan cov (now $(MODE)); CC, CFLAGS, LDFLAGS, PREFIX, DESTDIR as usual"

-include $(shell find $B $D -name '*.d' 2>/dev/null)
