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
    # POSIX for file and time functions; everything else is C11.
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L _FILE_OFFSET_BITS=64)
endfunction()
