# Flags that every target of this project gets, and no target of anybody else.

function(dfu_target_flags target)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
                                             -Wmissing-prototypes -Wpointer-arith -Wvla)
    if(DFU_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(DFU_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${DFU_SANITIZE} -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer)
        target_link_options(${target} PRIVATE -fsanitize=${DFU_SANITIZE})
    endif()
    if(DFU_BUILD_FUZZ)
        # The fuzzer is blind in code that does not report its coverage.
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    dfu_harden(${target})
    # POSIX for file and time functions; everything else is C11.
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L _FILE_OFFSET_BITS=64)
endfunction()

# dfu_harden(TARGET): what a release build does against the bugs that nobody found. Not with sanitizers, which bring
# their own, nor without optimisation, which _FORTIFY_SOURCE needs.
include(CheckCCompilerFlag)
check_c_compiler_flag(-fstack-protector-strong DFU_HAS_STACK_PROTECTOR)
check_c_compiler_flag(-fstack-clash-protection DFU_HAS_STACK_CLASH)
function(dfu_harden target)
    if(DFU_SANITIZE OR DFU_BUILD_FUZZ OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
        return()
    endif()
    if(CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$")
        target_compile_options(${target} PRIVATE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    endif()
    if(DFU_HAS_STACK_PROTECTOR)
        target_compile_options(${target} PRIVATE -fstack-protector-strong)
    endif()
    if(DFU_HAS_STACK_CLASH)
        target_compile_options(${target} PRIVATE -fstack-clash-protection)
    endif()
    get_target_property(type ${target} TYPE)
    if(type MATCHES "EXECUTABLE|SHARED_LIBRARY")
        target_link_options(${target} PRIVATE LINKER:-z,relro,-z,now)
    endif()
endfunction()
