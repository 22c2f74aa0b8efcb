in vec3 v_rest;
out vec4 pixel;

void main() {
    pixel = vec4(v_rest, 1.0);
}
